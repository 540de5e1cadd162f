// Keys that are one letter, the same as on the terminal. They can be switched off, for those whose keyboard is a voice.
import { button, element, openDialog } from './dom.js';

const place = 'leaklings-keys';
const all = [];

// `what` is done for that key; `words` say what it is.
export function onKey(key, words, what) {
  all.push({ key, words, what });
}

const on = () => localStorage.getItem(place) !== 'off';

export function setUpKeys() {
  onKey('/', 'search the book', () => document.getElementById('words').focus());
  onKey('l', 'the contents', () => {
    const contents = document.getElementById('contents');
    const opener = document.getElementById('contents-button');
    if (opener.offsetParent) opener.click();
    else (contents.querySelector('[aria-current]') ?? contents.querySelector('a'))?.focus();
  });
  onKey('?', 'these keys', showKeys);
  document.getElementById('keys-button').addEventListener('click', showKeys);
  addEventListener('keydown', (event) => {
    const inField = event.target.closest?.('input:not([type=radio]), textarea, select, dialog');
    if (!on() || inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = all.find((each) => each.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.what();
  });
}

function showKeys() {
  const toggle = button('', () => {
    localStorage.setItem(place, on() ? 'off' : 'on');
    name();
  });
  const name = () => { toggle.textContent = on() ? 'Switch them off' : 'Switch them on'; };
  name();
  openDialog('Keys', element('table', { class: 'keys' }, element('tbody', {},
    all.map(({ key, words }) => element('tr', {},
      element('th', { scope: 'row' }, element('kbd', {}, key)), element('td', {}, words))))), element('p', {}, toggle));
}
