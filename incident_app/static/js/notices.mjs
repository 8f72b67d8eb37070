// Puts a field where the cursor stands. Without us the field is typed by hand: its name is on the button.
for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.into);
    if (!text || text.readOnly) return;
    text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
}
