// Places in a text, such as lessons/01_global_session/shop.cpp:12, as links that open the editor there.
import { element } from './dom.js';

const place = /\b(?:lessons|solutions|tests|common|book)\/[\w.\/-]+?\.(?:cpp|hpp|md)(?::\d+(?::\d+)?)?/g;

// The course's folder, as the links in the chapter have it.
function root() {
  for (const link of document.querySelectorAll('a[href^="vscode://file"]')) {
    const path = link.getAttribute('href').slice('vscode://file'.length);
    const inside = path.search(/\/(?:lessons|tests|common|solutions)\//);
    if (inside >= 0) return path.slice(0, inside);
  }
  return null;
}

export function linkPlaces(text) {
  const folder = root();
  if (folder == null) return [text];
  const made = [];
  let from = 0;
  for (const match of text.matchAll(place)) {
    made.push(text.slice(from, match.index),
      element('a', { href: `vscode://file${folder}/${match[0]}`, title: 'Open in the editor' }, match[0]));
    from = match.index + match[0].length;
  }
  made.push(text.slice(from));
  return made;
}
