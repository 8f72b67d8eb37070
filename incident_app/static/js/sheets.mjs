// A sheet is a small form behind a button: opened, its first field has the focus; Escape closes it and goes back to its
// button. What was typed stays in it.
const SHEET = "details.act, details.act-inline, details:not(.menu, .fold):has(form)";
const FIELD = "input:not([type=hidden]), textarea, select";
let pressed = null; // a sheet the server sent open, among the errors of its form, takes no focus

function sheetOf(part) {
  return part.closest?.(`:is(${SHEET})[open]`) ?? null;
}

// Whether keys belong to a sheet: the focus is in it, or on its button, or it lies over the page.
export function inSheet(part) {
  return sheetOf(part) !== null || document.querySelector("details.act[open]") !== null;
}

function close(event) {
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const sheet = sheetOf(event.target) ?? document.querySelector("details.act[open]");
  if (!sheet) return;
  sheet.open = false;
  sheet.querySelector("summary").focus();
}

export function startSheets() {
  document.addEventListener("click", (event) => {
    const sheet = event.target.closest("summary")?.parentElement;
    if (sheet?.matches(SHEET)) pressed = sheet;
  });
  document.addEventListener("toggle", ({ target }) => {
    if (!target.open || target !== pressed) return;
    [...target.querySelectorAll(FIELD)].find((field) => field.closest("details") === target)?.focus();
  }, true); // it does not bubble
  document.addEventListener("keydown", close);
}
