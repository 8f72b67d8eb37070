// A sheet is a small form behind a button: opened, its first field has the focus; Escape closes it and goes back to its
// button. What was typed stays in it.
const SHEET = "details.act, details.act-inline, details:not(.menu, .fold):has(form)";
const FIELD = "input:not([type=hidden]), textarea, select";

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

// We open it ourselves: by the time a browser says that it has, the first letters have been typed.
function open(event) {
  const sheet = event.target.closest("summary")?.parentElement;
  if (!sheet?.matches(SHEET) || sheet.open || event.target.closest("a")) return;
  event.preventDefault();
  sheet.open = true;
  [...sheet.querySelectorAll(FIELD)].find((field) => field.closest("details") === sheet)?.focus();
}

export function startSheets() {
  document.addEventListener("click", open);
  document.addEventListener("keydown", close);
}
