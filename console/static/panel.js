// What the panel gains where scripts run: arrows walk the list, the preview opens beside it without leaving the page,
// Escape shuts it, and the page around is told what happened. Every act is the plain form that is there without scripts.
const list = document.querySelector("[data-rows]");
const buttons = list ? [...list.querySelectorAll("[data-row] button")] : [];
const keys = document.querySelector("#keys");
const empty = document.querySelector("#preview")?.cloneNode(true);
let opened = buttons.find((button) => button.getAttribute("aria-expanded") === "true") ?? null;

// --- the list is one stop of the Tab key; arrows, Home and End walk within it
function rove(to, focus) {
  for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
  if (focus) to.focus();
}

function walk(event) {
  const at = buttons.indexOf(event.target);
  const last = buttons.length - 1;
  const to = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last }[event.key];
  if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  rove(buttons[to], true);
}

// --- the preview
async function show(form) {
  const button = form.querySelector("button");
  const old = document.querySelector("#preview");
  old.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  } catch {
    form.submit();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("#preview");
  // The panel is over, or something failed: its own page says what.
  if (!found) { form.submit(); return; }
  old.replaceWith(found);
  mark(button);
  found.focus();
}

function mark(button) {
  opened = button;
  for (const each of buttons) {
    const is = each === button;
    each.setAttribute("aria-expanded", String(is));
    each.closest("li").toggleAttribute("data-shown", is);
  }
}

function shut() {
  if (!opened) return;
  const back = opened;
  if (empty && !empty.querySelector("[data-shut]")) document.querySelector("#preview").replaceWith(empty.cloneNode(true));
  else { location.assign(document.querySelector("[data-shut]").href); return; }
  mark(null);
  rove(back, true);
}

if (buttons.length) {
  keys.hidden = false;
  rove(opened ?? buttons[0], false);
  list.addEventListener("keydown", walk);
  list.addEventListener("focusin", (event) => { if (buttons.includes(event.target)) rove(event.target, false); });
  list.addEventListener("submit", (event) => { event.preventDefault(); show(event.target); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") shut(); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-shut]") || !empty || empty.querySelector("[data-shut]")) return;
    event.preventDefault();
    shut();
  });
  if (opened) document.querySelector("#preview").focus();
}

// --- a look-up is sent once, and says that it is under way
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.once;
    form.addEventListener("submit", (event) => event.preventDefault());
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// --- the page around: only one of the registered origins is told, and no datum of anybody
const message = JSON.parse(document.querySelector("[data-panel-message]")?.dataset.panelMessage ?? "null");
if (message && parent !== window) {
  const around = location.ancestorOrigins?.[0];
  for (const origin of message.to) if (around === undefined || origin === around) parent.postMessage(message.told, origin);
}
