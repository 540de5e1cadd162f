// What each page does when it is open; what it shows does not depend on it.
import { fillInQuizzes } from './quiz.js';
import { setUpPredictions } from './predict.js';
import { setUpSearch } from './search.js';
import { setUpContents } from './contents.js';
import { setUpKeys } from './keys.js';
import { colourCode } from './code.js';
import { addCopyButtons } from './files.js';

const here = document.body.dataset.place === 'here';

setUpContents();
setUpSearch();
fillInQuizzes();
setUpPredictions();
setUpKeys();
colourCode();
openForPrint();

if (here) {
  addCopyButtons();
  const { goLive } = await import('./live.js');
  goLive();
}

// On paper nothing can be opened.
function openForPrint() {
  const opened = [];
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details.why:not([open])')) {
      details.open = true;
      opened.push(details);
    }
  });
  addEventListener('afterprint', () => {
    for (const details of opened.splice(0)) details.open = false;
  });
}
