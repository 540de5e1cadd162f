// The search: over all pages of the book, as one types.
import { element } from './dom.js';

let index = null;

async function load() {
  index ??= fetch('search.json').then((reply) => (reply.ok ? reply.json() : []))
    .then((parts) => parts.map((part) => ({ ...part, folded: fold(`${part.title} ${part.heading} ${part.text}`) })));
  return index;
}

const fold = (text) => text.toLowerCase();

export function find(parts, words) {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const found = [];
  for (const part of parts) {
    if (!wanted.every((word) => part.folded.includes(word))) continue;
    const head = fold(`${part.title} ${part.heading}`);
    found.push({ part, weight: wanted.filter((word) => head.includes(word)).length });
  }
  return found.sort((a, b) => b.weight - a.weight).slice(0, 30).map((each) => each.part);
}

// The text around the first of the words, with the words marked.
function excerpt(text, words) {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  const folded = fold(text);
  const at = Math.min(...wanted.map((word) => folded.indexOf(word)).filter((place) => place >= 0), text.length);
  const from = at === text.length ? 0 : Math.max(0, text.lastIndexOf(' ', Math.max(0, at - 60)) + 1);
  const piece = text.slice(from, from + 180);
  const line = element('p', {}, from > 0 ? '… ' : '');
  let rest = 0;
  const low = fold(piece);
  while (rest < piece.length) {
    const next = wanted.map((word) => [low.indexOf(word, rest), word]).filter(([place]) => place >= 0)
      .sort((a, b) => a[0] - b[0])[0];
    if (!next) break;
    line.append(piece.slice(rest, next[0]), element('mark', {}, piece.slice(next[0], next[0] + next[1].length)));
    rest = next[0] + next[1].length;
  }
  line.append(piece.slice(rest), from + 180 < text.length ? ' …' : '');
  return line;
}

export function setUpSearch() {
  const form = document.getElementById('search');
  const field = document.getElementById('words');
  const found = document.getElementById('found');
  const text = document.getElementById('text');
  const close = () => {
    found.hidden = true;
    text.hidden = false;
  };
  const show = async () => {
    const words = field.value.trim();
    if (words.length < 2) return close();
    const parts = find(await load(), words);
    if (words !== field.value.trim()) return; // typed on meanwhile
    found.replaceChildren(
      element('h2', {}, parts.length === 0 ? 'Nothing in the book has these words' : `Found for “${words}”`),
      element('ol', {}, parts.map((part) => element('li', {},
        element('a', { href: part.page + (part.id ? `#${part.id}` : ''), onclick: close },
          part.heading && part.heading !== part.title ? `${part.title}: ${part.heading}` : part.title),
        excerpt(part.text, words)))));
    found.hidden = false;
    text.hidden = true;
    scrollTo(0, 0);
  };
  field.addEventListener('input', show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    found.querySelector('a')?.click();
  });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      field.value = '';
      close();
      field.blur();
    }
    if (event.key === 'ArrowDown') found.querySelector('a')?.focus();
  });
  found.addEventListener('keydown', (event) => {
    const links = [...found.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'Escape') {
      close();
      field.focus();
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const next = at + (event.key === 'ArrowDown' ? 1 : -1);
    (next < 0 ? field : links[Math.min(next, links.length - 1)])?.focus();
  });
}
