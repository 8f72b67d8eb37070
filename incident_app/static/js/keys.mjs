// Keys: none is needed. `data-key="e"` on a link or field gives it a key; g d and g r go places; j and k walk rows.
import { inSheet } from "./sheets.mjs";

const PLACES = { d: "/", r: "/register" };
let waiting = "";
let row = -1;

function busy(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing
    || event.target.closest("input, textarea, select, [contenteditable], dialog[open]") || inSheet(event.target);
}

function walk(step) {
  const rows = [...document.querySelectorAll("tbody tr")].filter((one) => one.querySelector(".main-link"));
  if (!rows.length) return false;
  rows[row]?.removeAttribute("aria-selected");
  row = Math.min(Math.max(row + step, 0), rows.length - 1);
  rows[row].setAttribute("aria-selected", "true");
  rows[row].querySelector(".main-link").focus();
  return true;
}

function act(key) {
  if (waiting === "g" && PLACES[key]) {
    const link = document.querySelector(`.rail a[href="${PLACES[key]}"]`);
    link?.click();
    return Boolean(link);
  }
  if (key === "?") {
    document.getElementById("keys")?.showModal();
    return true;
  }
  if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
  if (!/^[a-z/]$/.test(key)) return false;
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (busy(event)) return;
    if (act(event.key)) event.preventDefault();
    waiting = event.key === "g" ? "g" : "";
  });
}
