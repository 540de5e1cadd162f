// The contents: beside the text where there is room, behind a button where there is not.
export function setUpContents() {
  const opener = document.getElementById('contents-button');
  const contents = document.getElementById('contents');
  const show = (open) => {
    opener.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('contents-open', open);
  };
  opener.addEventListener('click', () => {
    const open = !document.body.classList.contains('contents-open');
    show(open);
    if (open) (contents.querySelector('[aria-current]') ?? contents.querySelector('a'))?.focus();
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !document.body.classList.contains('contents-open')) return;
    show(false);
    opener.focus();
  });
  // Only the list moves, not the page.
  const here = contents.querySelector('[aria-current]');
  if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;
}

const signs = { done: '✔', 'done, now red': '✔✘', current: '▸', skipped: '↷', open: '' };

// What the learner has done, beside each lesson.
export function showProgress(lessons) {
  for (const lesson of lessons) {
    for (const line of document.querySelectorAll(`li[data-lesson="${CSS.escape(lesson.stem)}"]`)) {
      let state = line.querySelector('.state');
      if (!state) {
        state = document.createElement('span');
        line.append(state);
      }
      state.className = `state is-${lesson.state.replaceAll(/\W+/g, '-')}`;
      state.title = lesson.state;
      const sign = signs[lesson.state];
      state.textContent = sign ?? lesson.state; // of a stage there are words
      if (sign === undefined) {
        state.removeAttribute('role');
        state.removeAttribute('aria-label');
      } else {
        state.setAttribute('role', 'img');
        state.setAttribute('aria-label', lesson.state);
      }
      state.hidden = lesson.state === 'open';
    }
  }
  const done = lessons.filter((lesson) => lesson.done).length;
  const contents = document.getElementById('contents');
  let sum = document.getElementById('sum');
  if (!sum) {
    sum = document.createElement('p');
    sum.id = 'sum';
    contents.prepend(sum);
  }
  sum.textContent = `${done} of ${lessons.length} lessons are done`;
}
