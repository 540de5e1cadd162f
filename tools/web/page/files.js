// Links to the learner's files: the link itself opens the editor (vscode://), the button beside it copies the path, for
// any other editor.
import { button, svg } from './dom.js';

const scheme = 'vscode://file';

export function addCopyButtons(root = document) {
  for (const link of root.querySelectorAll(`a[href^="${scheme}"]`)) {
    if (link.dataset.copied) continue;
    link.dataset.copied = 'yes';
    link.title = 'Open in the editor';
    link.classList.add('file');
    breakAtSlashes(link);
    const path = decodeURI(link.getAttribute('href').slice(scheme.length));
    const copy = button(sheets(), async () => {
      try {
        await navigator.clipboard.writeText(path);
        copy.replaceChildren('✔');
      } catch {
        prompt('The path', path);
      }
      setTimeout(() => copy.replaceChildren(sheets()), 1500);
    }, { class: 'copy', 'aria-label': `Copy the path of ${link.textContent}`, title: 'Copy the path' });
    link.after(copy);
  }
}

function breakAtSlashes(link) {
  if (link.children.length > 0) return;
  const parts = link.textContent.split(/(?<=[\/_])/);
  link.replaceChildren(...parts.flatMap((part, i) => (i ? [document.createElement('wbr'), part] : [part])));
}

function sheets() {
  const sheet = (x, y) => svg('rect', { x, y, width: 8, height: 9, rx: 1.5, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.3 });
  return svg('svg', { viewBox: '0 0 14 14', width: 14, height: 14, 'aria-hidden': 'true' }, sheet(1.5, 1), sheet(4.5, 4));
}
