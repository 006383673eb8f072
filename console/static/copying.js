// Copy buttons are hidden in the markup and shown here, since they can do nothing without a script.
const SHOWN_MILLISECONDS = 2000;

export function copying(page) {
  if (!navigator.clipboard) return; // Only secure contexts have it; selecting by hand remains.
  for (const button of page.querySelectorAll("[data-copy][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.textContent;
  const label = button.getAttribute("aria-label");
  button.textContent = button.dataset.copied;
  button.removeAttribute("aria-label");
  button.setAttribute("aria-live", "polite");
  setTimeout(() => {
    button.textContent = words;
    button.setAttribute("aria-label", label);
  }, SHOWN_MILLISECONDS);
}
