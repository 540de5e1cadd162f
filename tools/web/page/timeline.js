// A red test's timeline, drawn from what the test wrote beside its page (tests/support/timeline_data.hpp). Time runs to
// the right, an event a column: first the threads, then the connections. The table below says the same in words; both
// are stepped through with the arrow keys.
import { button, element, openDialog, say, svg } from './dom.js';

const lane = 34; // px a thread or a connection
const left = 120;

let comparing = null; // the dialog that waits for the solution's

// `compare` has the same test run on the solution; what comes of it is told to tellCompared().
export function showTimeline(timeline, compare) {
  const view = new Timeline(timeline);
  const note = element('span', { class: 'note', role: 'status' });
  const yours = element('section', { 'aria-label': 'Yours' }, view.elements);
  const sides = element('div', { class: 'sides' }, yours);
  const beside = button('Beside the solution’s', async () => {
    if (comparing) return;
    comparing = { test: timeline.name, note, sides };
    try {
      await compare(timeline.name);
    } catch (error) {
      note.textContent = error.message;
      comparing = null;
    }
  });
  const dialog = openDialog(timeline.name, element('p', { class: 'stepping' }, beside, note), sides);
  dialog.classList.add('timeline');
  // The keys step through the timeline in which the focus is.
  dialog.addEventListener('keydown', (event) => (event.target.closest('.sides > section')?.view ?? view).press(event));
  dialog.addEventListener('close', () => { comparing = null; });
  view.go(view.firstMark(), true);
}

// `fetch` gets the solution's timeline.
export async function tellCompared(compared, fetch) {
  if (!comparing || compared.test !== comparing.test) return;
  const { note, sides } = comparing;
  say(note, compared.note);
  if (compared.state === 'failed') comparing = null; // it may be asked for again
  if (compared.state !== 'there' || sides.classList.contains('two')) return;
  sides.classList.add('two');
  const view = new Timeline(await fetch());
  const solutions = element('section', { 'aria-label': 'The solution’s' }, element('h3', {}, 'The solution’s'), view.elements);
  solutions.view = view;
  sides.firstChild.prepend(element('h3', {}, 'Yours'));
  sides.append(solutions);
  view.go(0, true);
}

class Timeline {
  constructor(timeline) {
    this.timeline = timeline;
    this.at = -1;
    const step = this.step = Math.max(26, Math.min(60, 900 / timeline.events.length)); // px an event
    this.said = element('p', { class: 'now', 'aria-live': 'polite' });
    this.picture = draw(timeline, step);
    this.cursor = svg('rect', { class: 'cursor', width: step, y: 0, height: this.picture.height, x: -step });
    this.picture.root.prepend(this.cursor);
    this.rows = timeline.events.map((event, i) => this.rowOf(event, i));
    this.scroller = element('div', { class: 'picture', tabindex: '0', role: 'img', 'aria-label':
      `${timeline.threads.length} threads and ${timeline.connections.length} connections, ${timeline.events.length} events. The table below says the same.` },
      this.picture.root);
    this.scroller.addEventListener('click', (event) => {
      const x = event.clientX - this.picture.root.getBoundingClientRect().left - left;
      this.go(Math.floor(x / step));
    });
    this.elements = [
      ...timeline.messages.map((message) => element('p', { class: 'message' }, message)),
      element('p', { class: 'stepping' },
        button('‹ mark', () => this.toMark(-1), { 'aria-label': 'The mark before' }),
        button('←', () => this.go(this.at - 1), { 'aria-label': 'One step back' }),
        button('→', () => this.go(this.at + 1), { 'aria-label': 'One step on' }),
        button('mark ›', () => this.toMark(1), { 'aria-label': 'The next mark' }),
        element('span', { class: 'note' }, '← and → step, m goes to the next mark')),
      this.said,
      this.scroller,
      legend(),
      element('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'The events' },
        element('table', {}, element('thead', {}, element('tr', {},
          ['ms', 'thread', 'connection', 'what'].map((head) => element('th', { scope: 'col' }, head)))),
        element('tbody', {}, this.rows))),
      element('ul', { class: 'ends' }, timeline.connections.map((connection, i) =>
        element('li', { class: connection.leaked ? 'is-leaked' : '' }, `Connection ${i + 1}: ${connection.summary}`))),
    ];
  }

  rowOf(event, index) {
    return element('tr', { class: event.remark ? 'stands-out' : '', onclick: () => this.go(index) },
      element('th', { scope: 'row' }, event.ms.toFixed(1)),
      element('td', {}, whoOf(this.timeline, event)),
      element('td', {}, event.connection ? String(event.connection) : ''),
      element('td', {}, event.kind === 'statement' ? element('code', {}, event.what) : event.what,
        event.remark ? element('span', { class: 'remark' }, ` ◀ ${event.remark}`) : null));
  }

  firstMark() {
    const mark = this.timeline.events.findIndex((event) => event.remark);
    return mark < 0 ? 0 : mark;
  }

  go(to, quiet = false) {
    const { timeline: { events }, step } = this;
    if (events.length === 0) return;
    this.rows[this.at]?.removeAttribute('aria-current');
    this.at = Math.max(0, Math.min(events.length - 1, to));
    const event = events[this.at];
    this.rows[this.at].setAttribute('aria-current', 'step');
    if (!quiet) this.rows[this.at].scrollIntoView({ block: 'nearest' });
    this.cursor.setAttribute('x', left + this.at * step);
    const x = left + this.at * step;
    if (x - left < this.scroller.scrollLeft || x + step > this.scroller.scrollLeft + this.scroller.clientWidth)
      this.scroller.scrollLeft = x - this.scroller.clientWidth / 2;
    this.said.replaceChildren(element('b', {}, `${this.at + 1} of ${events.length}`),
      ` · ${event.ms.toFixed(1)} ms · ${whoOf(this.timeline, event)}${event.connection ? ` · connection ${event.connection}` : ''}: `,
      element('code', {}, event.what), event.remark ? element('span', { class: 'remark' }, ` ◀ ${event.remark}`) : '');
  }

  toMark(by) {
    const events = this.timeline.events;
    for (let i = this.at + by; i >= 0 && i < events.length; i += by) {
      if (events[i].remark) return this.go(i);
    }
  }

  press(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (steps[event.key]) this.go(this.at + steps[event.key]);
    else if (event.key === 'Home') this.go(0);
    else if (event.key === 'End') this.go(this.timeline.events.length - 1);
    else if (event.key === 'm') this.toMark(1);
    else if (event.key === 'M') this.toMark(-1);
    else return;
    event.preventDefault();
  }
}

function whoOf(timeline, event) {
  const thread = timeline.threads[event.thread];
  return event.customer ? `${event.customer} (${thread})` : thread;
}

function draw(timeline, step) {
  const { threads, connections, events } = timeline;
  const lanes = threads.length + connections.length;
  const height = lanes * lane + 24;
  const width = left + Math.max(1, events.length) * step + 90;
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, class: 'drawing', 'aria-hidden': 'true' });
  const y = (number) => 12 + number * lane + lane / 2;
  const x = (number) => left + number * step + step / 2;
  const add = (name, attributes, ...text) => root.append(svg(name, attributes, ...text));
  threads.forEach((thread, i) => {
    add('text', { x: 4, y: y(i) + 4, class: 'name' }, thread);
    add('line', { x1: left, x2: width - 90, y1: y(i), y2: y(i), class: 'thread' });
  });
  connections.forEach((connection, i) => {
    add('text', { x: 4, y: y(threads.length + i) + 4, class: 'name' }, `connection ${i + 1}`);
  });
  // Requests, from their first event to their last; dotted when nobody was told anything.
  timeline.requests.forEach((request, number) => {
    const own = events.map((event, i) => [event, i]).filter(([event]) => event.request === number);
    if (own.length === 0) return;
    const [first, from] = own[0];
    const to = own.at(-1)[1];
    add('line', { x1: x(from) - 6, x2: request.status ? x(to) + 6 : width - 90, y1: y(first.thread), y2: y(first.thread),
      class: request.status ? 'serving' : 'serving unanswered' });
    if (!request.status) add('text', { x: width - 86, y: y(first.thread) + 4, class: 'bad' }, 'waits');
  });
  // Connections: thin while open, thick in a transaction.
  connections.forEach((connection, i) => {
    const at = y(threads.length + i);
    let opened = null;
    let begun = null;
    events.forEach((event, column) => {
      if (event.connection !== i + 1) return;
      if (opened === null) opened = column;
      if (event.transaction === 'begun') begun = column;
      if ((event.transaction === 'committed' || event.transaction === 'rolled back') && begun !== null) {
        add('line', { x1: x(begun), x2: x(column), y1: at, y2: at, class: 'transaction' });
        begun = null;
      }
      if (event.kind === 'closed') {
        add('line', { x1: x(opened), x2: x(column), y1: at, y2: at, class: 'connection' });
        opened = null;
      }
    });
    const end = width - 90;
    if (opened !== null) add('line', { x1: x(opened), x2: end, y1: at, y2: at, class: 'connection' });
    if (begun !== null) add('line', { x1: x(begun), x2: end, y1: at, y2: at, class: 'transaction' });
    if (connection.leaked) add('text', { x: end + 4, y: at + 4, class: 'bad' }, '✗ leaked');
    else if (connection.open) add('text', { x: end + 4, y: at + 4, class: 'name' }, 'open');
  });
  events.forEach((event, column) => {
    const top = y(event.thread);
    if (event.connection) {
      const below = y(threads.length + event.connection - 1);
      add('line', { x1: x(column), x2: x(column), y1: top, y2: below, class: 'use' });
      add('text', { x: x(column), y: below + (signOf(event).kind === 'good' || signOf(event).kind === 'bad' ? -7 : 4), class: `sign ${signOf(event).kind}` }, signOf(event).sign);
    }
    add('circle', { cx: x(column), cy: top, r: event.kind === 'statement' ? 3 : 5, class: `event ${event.kind}` });
    if (event.remark) add('text', { x: x(column), y: top - 8, class: 'mark' }, '▼');
  });
  return { root, height };
}

function signOf(event) {
  if (event.kind === 'opened') return { sign: '┠', kind: 'edge' };
  if (event.kind === 'closed') return { sign: '┨', kind: 'edge' };
  if (event.transaction === 'committed') return { sign: '✓', kind: 'good' };
  if (event.transaction === 'rolled back') return { sign: '↶', kind: 'bad' };
  return { sign: '●', kind: 'dot' };
}

function legend() {
  return element('p', { class: 'note' }, 'Upper lines are threads, thick while they serve a request, dashed when its ' +
    'customer is told nothing. Lower lines are connections, thick in a transaction: ✓ committed, ↶ rolled back. ▼ marks what stands out.');
}
