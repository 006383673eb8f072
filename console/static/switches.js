// Theme, view and density without reloading. The links carry the same choice for browsers without scripts; the server
// reads the same cookies, so the next page looks like this one. Language is left to its link: the words must come anew.
const YEAR_SECONDS = 365 * 24 * 3600;
const MEDIA = { auto: "screen and (prefers-color-scheme: dark)", dark: "screen", light: "not all" };

export function switches(page) {
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-switch]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(page, link.dataset.switch, link.dataset.choice);
    // The link of a pair in the header hides itself when it was followed; the focus goes to its twin.
    if (link.offsetParent === null) twin(link)?.focus();
  });
}

function twin(link) {
  return [...link.parentElement.querySelectorAll(`[data-switch="${link.dataset.switch}"]`)].find((other) => other !== link);
}

function choose(page, name, choice) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  page.cookie = `${name}=${choice}; Max-Age=${YEAR_SECONDS}; Path=/; SameSite=Lax${secure}`;
  page.documentElement.dataset[name] = choice;
  if (name === "theme") page.getElementById("dark").media = MEDIA[choice];
  for (const other of page.querySelectorAll(`.settings [data-switch="${name}"]`)) {
    if (other.dataset.choice === choice) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  forget(name);
  page.dispatchEvent(new CustomEvent("look", { detail: { name, choice } }));
}

// An address that asks for a look would win over the cookie at the next reload.
function forget(name) {
  const address = new URL(location.href);
  if (!address.searchParams.has(name)) return;
  address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}
