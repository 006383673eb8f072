// Dropping and pasting files, and saying what was chosen before anything is sent. The form works without any of it.

// The code on a receipt leads to /verify#receipt=…: its number is looked up on the page of receipts.
const numbered = /^#(?:receipt|notice)=([0-9a-f-]{36})$/.exec(location.hash);
const receipts = document.querySelector("[data-receipts]");
if (numbered && receipts) location.replace(`${receipts.href}?number=${numbered[1]}`);

const form = document.querySelector("[data-drop]");

if (form) {
  const input = form.querySelector("input[type=file]");
  const status = form.querySelector("[data-status]");
  const button = form.querySelector("button");
  const told = form.dataset;

  const fault = (files) => {
    if (files.length > Number(told.most)) return told.many;
    const large = files.find((file) => file.size > Number(told.limit));
    if (large) return `${told.large} ${large.name}`;
    const whole = files.reduce((sum, file) => sum + file.size, 0);
    return whole > Number(told.whole) ? `${told.large} ` + files.map((file) => file.name).join(", ") : "";
  };

  const show = () => {
    const files = [...input.files];
    const wrong = fault(files);
    status.hidden = files.length === 0;
    status.textContent = wrong || told.chosen + files.map((file) => file.name).join(", ");
    status.classList.toggle("drop__chosen--bad", wrong !== "");
    input.setCustomValidity(wrong);
  };

  const take = (files) => {
    if (files.length === 0) return;
    input.files = files;
    show();
    if (form.reportValidity()) form.requestSubmit();
  };

  const over = (event) => {
    event.preventDefault();
    form.classList.add("drop--over");
  };

  input.addEventListener("change", show);
  form.addEventListener("dragenter", over);
  form.addEventListener("dragover", over);
  form.addEventListener("dragleave", () => form.classList.remove("drop--over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("drop--over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  form.addEventListener("submit", () => {
    button.disabled = true;
    button.textContent = told.doing;
  });
  // Back from the results: the form is as it was.
  addEventListener("pageshow", () => {
    if (button.disabled) location.reload();
    show();
  });
}
