/** Shows the button, and has it copy the text of the sample it belongs to. */
export function copyOnClick(button) {
  const text = button.closest('.sample').querySelector('code:not([data-aside])');
  button.hidden = false;
  const label = button.firstChild;
  button.addEventListener('click', async () => {
    label.data = (await copy(text)) ? 'Copied' : 'Selected: press Ctrl+C';
    setTimeout(() => {
      label.data = 'Copy';
    }, 2000);
  });
}

/** Without TLS, browsers keep the clipboard from pages: there the text is selected instead. Answers whether it was copied. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
}
