// One polite live region for the whole page: what changed is told once.
export function say(words) {
  const region = document.getElementById("announce");
  if (region && region.textContent !== words) region.textContent = words;
}
