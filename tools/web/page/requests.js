// A request that the reader puts together herself, and what came back of those before.
import { button, element } from './dom.js';

// `send` is called with the request, and may fail with words.
export function requestForm(send) {
  const note = element('span', { class: 'note', role: 'status' });
  const field = (name, words, properties = {}) => {
    const input = element('input', { name, autocomplete: 'off', spellcheck: 'false', ...properties });
    return { input, root: element('label', {}, `${words} `, input) };
  };
  const method = element('select', { name: 'method' }, ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'].map((each) => element('option', {}, each)));
  const path = field('path', 'Path', { value: '/items/1', required: true, maxlength: 200 });
  const customer = field('customer', 'Customer', { placeholder: 'X-Customer', maxlength: 100 });
  const key = field('key', 'Key', { placeholder: 'Idempotency-Key', maxlength: 100 });
  const times = field('times', 'At once', { type: 'number', min: 1, max: 16, value: 1 });
  const body = element('textarea', { name: 'body', rows: 2, spellcheck: 'false', maxlength: 4000,
    placeholder: '{"item_id":1,"quantity":1,"card":"alice"}' });
  const hangsUp = element('input', { type: 'checkbox', name: 'hangs_up' });
  const sender = button('Send', () => {}, { type: 'submit', class: 'primary' });
  const replies = element('div', { class: 'replies', 'aria-live': 'polite' });
  const form = element('form', { class: 'own' }, element('label', {}, 'Method ', method), path.root, customer.root, key.root, times.root,
    element('label', { class: 'wide' }, 'Body ', body),
    element('label', {}, hangsUp, ' hang up in the middle'), sender, note);
  method.addEventListener('change', () => {
    if (method.value === 'POST' && path.input.value === '/items/1' && body.value === '') {
      path.input.value = '/orders';
      body.value = body.placeholder;
    }
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    note.textContent = '';
    try {
      await send({ method: method.value, path: path.input.value, customer: customer.input.value, key: key.input.value,
        body: body.value, times: Number(times.input.value), hangs_up: hangsUp.checked });
    } catch (error) {
      note.textContent = error.message;
    }
  });
  const root = element('details', { class: 'own' }, element('summary', {}, 'A request of your own'), form, replies);
  let shown = '';
  return {
    root,
    // Whose the replies are, the requests that were sent, and whether more can be.
    show(titles, sent, open) {
      sender.disabled = !open;
      const news = JSON.stringify([titles, sent]);
      if (news === shown) return;
      shown = news;
      replies.replaceChildren(...[...sent].reverse().map((each) => repliesTo(each, titles)));
    },
  };
}

function repliesTo(sent, titles) {
  return element('section', {}, element('h4', {}, sent.title), element('div', { class: 'beside' },
    sent.replies.map((replies, i) => element('div', { class: 'column' }, titles.length > 1 ? element('p', { class: 'note' }, titles[i]) : null,
      element('pre', { class: 'said', tabindex: '0', 'aria-label': `Replies to ${sent.title}` }, replies.map(inWords).join('\n'))))));
}

function inWords(reply) {
  if (reply === null) return '… waits';
  const { status, ms, text } = reply;
  return `${status || '–'}  ${ms} ms  ${text.trimEnd()}`;
}
