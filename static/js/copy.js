/** Buttons that copy a line. */

const SHOWN = 1500; // ms that a button says it did

/** A button that copies what `text` returns. @param {HTMLButtonElement} button @param {() => string} text */
export function copies(button, text) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const done = await copy(text());
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => (button.textContent = label), SHOWN);
  });
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http on another host has no clipboard; the older way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "spoken";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
