// Links to the learner's files: the link itself opens the editor (vscode://), the button beside it copies the path, for
// any other editor.
import { button } from './dom.js';

const scheme = 'vscode://file';

export function addCopyButtons(root = document) {
  for (const link of root.querySelectorAll(`a[href^="${scheme}"]`)) {
    if (link.dataset.copied) continue;
    link.dataset.copied = 'yes';
    link.title = 'Open in the editor';
    link.classList.add('file');
    const path = decodeURI(link.getAttribute('href').slice(scheme.length));
    const copy = button('⧉', async () => {
      try {
        await navigator.clipboard.writeText(path);
        copy.textContent = '✔';
      } catch {
        prompt('The path', path);
      }
      setTimeout(() => { copy.textContent = '⧉'; }, 1500);
    }, { class: 'copy', 'aria-label': `Copy the path of ${link.textContent}`, title: 'Copy the path' });
    link.after(copy);
  }
}
