// Whether somebody is at work in a part of the page: what they write, opened or marked must not go under their hands.
const FIELDS = "input:not([type=hidden]), textarea, select";

function changed(field) {
  if (field.localName === "select") {
    const first = Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
    return field.selectedIndex !== first;
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

function written(part) {
  return [...part.querySelectorAll(FIELDS)].some(changed) || part.querySelector("details[open] form") !== null;
}

function marked(part) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(part, true);
}

// A part that would be replaced: the focus counts wherever it is, or who works by keys is thrown out.
export function atWorkIn(part) {
  return written(part) || part.contains(document.activeElement) || marked(part);
}

// A page that would be loaded anew.
export function atWorkOn(page) {
  return written(page) || document.activeElement?.matches(FIELDS) === true;
}
