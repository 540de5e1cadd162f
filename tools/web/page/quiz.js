// The questions at a chapter's end: choose, check, and read why.
import { button, element } from './dom.js';

export function fillInQuizzes() {
  for (const question of document.querySelectorAll('.question')) fillIn(question);
  for (const quiz of document.querySelectorAll('.quiz')) quiz.addEventListener('submit', (event) => event.preventDefault());
}

function fillIn(question) {
  const answers = question.querySelector('.answer');
  const outcome = element('div', { class: 'outcome', role: 'status' });
  const check = button('Check', () => {
    const chosen = question.querySelector('input:checked');
    if (!chosen) {
      outcome.className = 'outcome';
      outcome.replaceChildren(element('p', {}, 'Choose an answer first.'));
      return;
    }
    const right = chosen.value === question.dataset.right;
    const why = answers.querySelector(`[data-for="${chosen.value}"]`);
    outcome.className = `outcome ${right ? 'is-right' : 'is-wrong'}`;
    outcome.replaceChildren(element('p', { class: 'word' }, right ? '✔ Right.' : '✘ Not this one.'),
      ...(why ? [why.cloneNode(true)] : []));
  });
  question.insertBefore(element('p', { class: 'checking' }, check), answers);
  question.insertBefore(outcome, answers);
  for (const choice of question.querySelectorAll('input')) {
    choice.addEventListener('change', () => outcome.replaceChildren());
  }
}
