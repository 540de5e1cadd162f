// Before the output that matters the chapter asks what will happen. The reader says what she thinks, or that she would
// rather see it, and then the recorded output is shown, and what she thought beside it.
import { button, element } from './dom.js';

export function setUpPredictions() {
  for (const block of document.querySelectorAll('.block[data-kind="shell"]')) {
    const question = block.previousElementSibling;
    if (question?.tagName === 'P' && question.textContent.includes('?')) askBefore(block);
  }
}

function askBefore(block) {
  markOutput(block.querySelector('code'));
  if (!block.querySelector('.printed')) return;
  const place = `leaklings-thought-${document.body.dataset.page}-${[...document.querySelectorAll('.block')].indexOf(block)}`;
  const thought = element('input', { autocomplete: 'off', maxlength: 200 });
  const form = element('form', { class: 'predict' }, element('label', {}, 'What do you think? ', thought),
    button('That is what I think', () => {}, { type: 'submit', class: 'primary' }), button('Just show it', () => show('')));
  const show = (text) => {
    block.classList.remove('unseen');
    form.remove();
    if (text) block.after(element('p', { class: 'predicted note' }, 'You thought: ', element('q', {}, text)));
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = thought.value.trim();
    localStorage.setItem(place, text);
    show(text);
    block.querySelector('pre').focus();
  });
  block.classList.add('unseen');
  block.before(form);
  const before = localStorage.getItem(place);
  if (before) show(before);
}

// All that is no command.
function markOutput(code) {
  const lines = code.textContent.split('\n');
  code.replaceChildren(...lines.map((line, i) => {
    const text = `${line}${i + 1 < lines.length ? '\n' : ''}`;
    return /^[$>] |^$/.test(line) ? text : element('span', { class: 'printed' }, text);
  }));
}
