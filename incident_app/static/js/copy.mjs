// Copies an answer into the clipboard. Without us the text is marked by one press and copied by hand.
//   <button hidden data-copy="id of the text" data-name="what it is"><i></i><span>Copy</span></button>
import { say } from "./say.mjs";

// Outside https and localhost the browser has no clipboard for pages: we mark the text and ask it to copy the mark.
function byMark(place) {
  const range = document.createRange();
  range.selectNodeContents(place);
  const marked = getSelection();
  marked.removeAllRanges();
  marked.addRange(range);
  return document.execCommand("copy");
}

async function copied(place) {
  try {
    await navigator.clipboard.writeText(place.textContent);
    return true;
  } catch {
    return byMark(place);
  }
}

function show(button, well) {
  button.classList.toggle("is-copied", well);
  const icon = button.querySelector(".bi");
  if (icon) icon.className = `bi bi-${well ? "clipboard-check" : "clipboard"}`;
  const words = button.querySelector("span");
  if (words) words.textContent = well ? "Copied" : "Copy by hand";
  say(well ? `Copied: ${button.dataset.name}` : `Not copied: ${button.dataset.name}. It is marked; press Ctrl and C.`);
}

export function startCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const place = document.getElementById(button.dataset.copy);
    if (!place) continue;
    button.hidden = false;
    button.addEventListener("click", async () => show(button, await copied(place)));
  }
}
