// Where the reader should look: a refused form's summary takes the focus, a toast can be put away.
export function attention(page) {
  page.querySelector("[data-focus]")?.focus();
  for (const button of page.querySelectorAll("[data-dismiss][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.closest(".toast").remove());
  }
}
