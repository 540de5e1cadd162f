// A load on the lesson's servers, drawn while it goes on: in lessons 10 to 17, where there is a pool of ours.
import { Chart, showAlike } from './charts.js';
import { button, element, say } from './dom.js';
import { ask, attempt } from './live.js';

const lesson = document.body.dataset.lesson;
const titles = { starter: 'The starter’s server', mine: 'Your server', solution: 'The solution’s server' };
const kinds = [
  ['served', 'Served a second', [{ key: 'reads', name: 'reads' }, { key: 'orders', name: 'orders' }]],
  ['waits', 'How long a customer waits', [{ key: 'p50', name: 'half of them' }, { key: 'p99', name: '99 of 100' }], ' ms'],
  ['refusals', 'Not served, a second', [{ key: 'refused', name: '503' }, { key: 'failed', name: 'other errors' }]],
  ['pool', 'SQLite connections', [{ key: 'connections', name: 'open' }, { key: 'pool_in_use', name: 'lent' },
    { key: 'pool_waiting', name: 'waiting' }, { key: 'pool_max', name: 'at most' }]],
];
// The ladder's, and a smaller one.
const rounds = [
  ['A slow bank, few workers', { readers: 4, buyers: 12, workers: 8, bank: 50 }],
  ['A slow bank, many workers', { readers: 12, buyers: 4, workers: 48, bank: 50 }],
  ['A quick bank, many workers', { readers: 12, buyers: 4, workers: 48, bank: 0 }],
];

let panel = null;

export function setUpLoad() {
  const number = lesson.slice(0, 2);
  if (number < '10' || number > '17') return;
  const last = [...document.querySelectorAll('.block[data-kind="shell"]')].at(-1);
  if (!last) return;
  panel = new Load();
  last.after(panel.root);
}

export function showLoad(stage) {
  panel?.show(stage, stage.stem === lesson);
}

class Load {
  constructor() {
    this.note = element('span', { class: 'note', role: 'status' });
    const number = (name, words, least, most) => {
      const input = element('input', { type: 'number', name, min: least, max: most, required: true });
      this.fields[name] = input;
      return element('label', {}, `${words} `, input);
    };
    this.fields = {};
    const round = element('select', { name: 'round', onchange: () => this.take(rounds[round.selectedIndex][1]) },
      rounds.map(([words]) => element('option', {}, words)));
    const whose = element('select', { name: 'whose' }, [
      ['both', 'yours and the solution’s'], ['all', 'the starter’s, yours and the solution’s'], ['mine', 'yours'],
      ['starter', 'the starter’s'], ['solution', 'the solution’s']].map(([value, words]) => element('option', { value }, words)));
    this.fields.whose = whose;
    this.starter = button('Start the load', () => {}, { type: 'submit', class: 'primary' });
    this.stopper = button('Stop it', () => attempt(this.note, () => ask('close')), { hidden: true });
    const form = element('form', { class: 'own' }, element('label', {}, 'Like this ', round), element('label', {}, 'Server ', whose),
      number('readers', 'Readers', 0, 32), number('buyers', 'Buyers', 0, 32), number('workers', 'Workers', 1, 48),
      number('bank', 'Bank, ms', 0, 1000), number('seconds', 'Seconds', 1, 30), this.starter, this.stopper, this.note);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const wanted = { lesson, whose: whose.value };
      for (const name of ['readers', 'buyers', 'workers', 'bank', 'seconds']) wanted[name] = Number(this.fields[name].value);
      attempt(this.note, () => ask('load', wanted));
    });
    this.take({ ...rounds[0][1], seconds: 10 });
    this.side = element('div', { class: 'beside' });
    this.columns = [];
    this.root = element('details', { class: 'own load' }, element('summary', {}, 'Under load'), element('p', { class: 'note' },
      'Readers look at items, buyers order one each, all as fast as they are answered, up to 32 of them. Each server has a new database and ' +
      'the bank’s own time. They share this machine, and with the load: compare them with each other, and with nothing else.'), form, this.side);
  }

  take(values) {
    for (const [name, value] of Object.entries(values)) this.fields[name].value = value;
  }

  show(stage, here) {
    const loads = here ? stage.loads : [];
    const busy = here && (stage.state === 'load' || (stage.state === 'building' && stage.shops.length === 0));
    this.starter.disabled = busy;
    this.stopper.hidden = !(busy && loads.length > 0);
    if (here && (busy || loads.length > 0)) say(this.note, stage.note);
    if (this.columns.map((column) => column.whose).join() !== loads.map((load) => load.whose).join()) {
      this.columns = loads.map((load) => new Column(load.whose));
      this.side.replaceChildren(...this.columns.map((column) => column.root));
    }
    if (loads.length > 0) this.root.open = true;
    for (const [kind] of kinds) {
      const data = loads.map((load) => (kind === 'pool' ? load.seen ?? {} : load));
      if (data.length > 0) showAlike(this.columns.map((column) => column.charts[kind]), data);
    }
    this.columns.forEach((column, i) => column.tell(loads[i]));
  }
}

class Column {
  constructor(whose) {
    this.whose = whose;
    this.charts = Object.fromEntries(kinds.map(([kind, title, lines, unit]) => [kind, new Chart(title, lines, unit)]));
    this.note = element('p', { class: 'note' });
    this.sum = element('tbody', {});
    this.table = element('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': `${titles[whose]}, in sum`, hidden: true },
      element('table', {}, element('thead', {}, element('tr', {},
        ['', 'a second', 'p50 ms', 'p99 ms', '503', 'errors'].map((head) => element('th', { scope: 'col' }, head)))), this.sum));
    this.root = element('section', { class: 'column', 'aria-label': titles[whose] }, element('h3', {}, titles[whose]), this.note,
      Object.values(this.charts).map((chart) => chart.root), this.table);
  }

  tell(load) {
    const silent = load.seen?.seconds.length > 0 && !load.seen.pool_max; // from lesson 10 on a shop has it
    this.note.textContent = load.note || (silent ? '/metrics does not answer: the load has all workers.' : '');
    this.table.hidden = !load.sum;
    if (!load.sum) return;
    this.sum.replaceChildren(...Object.entries(load.sum).map(([who, { rate, p50, p99, refused, failed }]) =>
      element('tr', {}, element('th', { scope: 'row' }, who),
        [rate, p50, p99, refused, failed].map((number) => element('td', {}, String(number))))));
  }
}
