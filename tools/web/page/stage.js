// "See it": the chapter's shop, started from its page, the learner's, the solution's, or both beside each other; a button
// for each of the chapter's commands; the bank; requests of the reader's own.
import { Chart, showAlike } from './charts.js';
import { button, element, say } from './dom.js';
import { ask, attempt } from './live.js';
import { requestForm } from './requests.js';

const lesson = document.body.dataset.lesson;
const shops = [];
const shells = [];

const titles = { mine: 'Your shop', solution: 'The solution’s shop' };
const moods = [['usual', 'As the chapter has it'], ['holding', 'Hold'], ['declining', 'Decline'],
  ['losing', 'Lose the answer'], ['hanging', 'Hang']];
const pool = [{ key: 'connections', name: 'connections open' }, { key: 'pool_in_use', name: 'lent' },
  { key: 'pool_waiting', name: 'waiting' }, { key: 'pool_max', name: 'at most' }];

export function setUpStage() {
  for (const block of document.querySelectorAll('.block[data-kind="server"]')) shops.push(new Shops(block, shops.length));
  for (const block of document.querySelectorAll('.block[data-kind="shell"]')) shells.push(new Shell(block, shells.length));
}

export function showStage(stage) {
  const here = stage.stem === lesson;
  shops.forEach((each, number) => each.show(stage, here && stage.block === number));
  shells.forEach((each) => each.show(stage, here));
}

// Below a server block.
class Shops {
  constructor(block, number) {
    this.note = element('span', { class: 'note', role: 'status' });
    const open = (whose) => attempt(this.note, () => ask('open', { lesson, block: number, whose }));
    this.openers = [button('Start the shop', () => open('mine'), { class: 'primary' }),
      button('Start the solution’s', () => open('solution')), button('Start both', () => open('both'))];
    this.closer = button('Close it', () => attempt(this.note, () => ask('close')));
    this.killer = button('kill -9', () => attempt(this.note, () => ask('kill')));
    this.again = button('Start it again', () => attempt(this.note, () => ask('again')), { title: 'On the same database' });
    this.columns = [];
    this.side = element('div', { class: 'beside' });
    this.moods = moods.map(([mood, words]) => button(words, () => attempt(this.note, () => ask('bank', { mood })), { 'data-mood': mood }));
    this.waiting = element('span', { class: 'note' });
    this.bank = element('fieldset', { class: 'bank' }, element('legend', {}, 'The bank'), this.moods, this.waiting);
    this.noBank = element('p', { class: 'note' }, 'The bank of this shop cannot be held: with ', element('code', {}, '--open-files'),
      ' it stays in the shop’s own process, because a socket to it would be one more open file. It does as the flags above say.');
    this.own = requestForm((request) => ask('send', request));
    this.live = element('div', { class: 'live-stage', hidden: true }, this.side, this.bank, this.noBank, this.own.root);
    block.append(element('p', { class: 'stage' }, this.openers, this.closer, this.killer, this.again, this.note), this.live);
  }

  show(stage, own) {
    const { state } = stage;
    const busy = own && state !== 'closed';
    const running = own && (state === 'open' || state === 'opening' || state === 'closing');
    const shown = own ? stage.shops : [];
    for (const opener of this.openers) opener.hidden = busy;
    this.closer.hidden = !busy || state === 'load';
    this.closer.textContent = state === 'closing' ? 'End it now' : stage.shops.length > 1 ? 'Close them' : 'Close it';
    this.killer.hidden = !running;
    this.again.hidden = !(shown.length > 0 && shown.some((shop) => shop.state === 'closed'));
    if (own) say(this.note, stage.note || notesOf(shown));
    this.live.hidden = shown.length === 0;
    if (this.columns.map((column) => column.whose).join() !== shown.map((shop) => shop.whose).join()) {
      this.columns = shown.map((shop) => new Column(shop.whose));
      this.side.replaceChildren(...this.columns.map((column) => column.root));
    }
    this.columns.forEach((column, i) => column.show(shown[i]));
    const seen = shown.map((shop) => shop.seen ?? {});
    if (seen.length > 0) showAlike(this.columns.map((column) => column.chart), seen);
    this.bank.hidden = !shown.some((shop) => shop.bank);
    this.noBank.hidden = !this.bank.hidden;
    for (const each of this.moods) {
      each.setAttribute('aria-pressed', String(each.dataset.mood === stage.mood));
      each.disabled = state === 'closed';
    }
    const held = shown.map((shop) => shop.bank?.waiting ?? 0);
    this.waiting.textContent = held.some((count) => count > 0) ? `${held.join(' and ')} held` : '';
    this.own.show(shown.map((shop) => titles[shop.whose]), own ? stage.sent : [], state === 'open');
  }
}

function notesOf(shown) {
  if (shown.length === 2 && shown.every((shop) => shop.state === 'open')) return 'Both shops are open.';
  return shown.length === 1 ? shown[0].note : shown.map((shop) => `${titles[shop.whose]}: ${shop.note}`).join(' ');
}

// What there is to see of one shop.
class Column {
  constructor(whose) {
    this.whose = whose;
    this.chart = new Chart('Database connections, the last minute', pool);
    this.longest = element('p', { class: 'note' });
    this.rows = element('tbody', {});
    this.numbers = element('details', { hidden: true }, element('summary', {}, 'All that /metrics says'),
      element('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'All that /metrics says' },
        element('table', {}, this.rows)));
    this.said = livePre('What the shop says');
    this.bank = livePre('What its bank says');
    this.root = element('section', { class: 'column', 'aria-label': titles[whose] }, element('h3', {}, titles[whose]),
      this.chart.root, this.longest, this.numbers, this.said, this.bank);
  }

  show(shop) {
    fill(this.said, shop.said);
    fill(this.bank, shop.bank?.said ?? '');
    const now = shop.seen?.now ?? [];
    this.longest.textContent = longestLease(now) || (shop.seen && !shop.seen.answers ? '/metrics does not answer.' : '');
    this.numbers.hidden = now.length === 0;
    if (this.numbers.open || this.rows.children.length === 0) {
      this.rows.replaceChildren(...now.map(([name, value]) => element('tr', {}, element('th', { scope: 'row' }, name),
        element('td', {}, String(value)))));
    }
  }
}

function longestLease(now) {
  for (const [name, value] of now) {
    const holder = /^pool_oldest_lease_seconds\{holder="(.*)"\}$/.exec(name);
    if (holder) return `Lent longest: to ${holder[1]}, for ${value.toFixed(1)} s.`;
  }
  return '';
}

// A shell block: each command has a button before it; what it prints stands below the block.
class Shell {
  constructor(block, number) {
    const code = block.querySelector('code');
    const lines = code.textContent.split('\n');
    this.number = number;
    this.note = element('span', { class: 'note', role: 'status' });
    this.results = element('div', { class: 'beside', hidden: true });
    this.panes = [];
    this.buttons = [];
    this.commands = [];
    code.replaceChildren(...lines.flatMap((line, i) => {
      const text = `${line}${i + 1 < lines.length ? '\n' : ''}`;
      if (line.startsWith('> ')) return [text];
      if (!line.startsWith('$ ')) return [element('span', { class: 'printed' }, text)];
      const command = this.commands.length;
      this.commands.push(line);
      const runner = button('Run', () => this.run(command), { class: 'small run', 'aria-label': `Run: ${line.slice(2)}`, hidden: true });
      this.buttons.push(runner);
      return [runner, text];
    }));
    block.append(this.results, this.note);
  }

  async run(command) {
    say(this.note, '');
    await attempt(this.note, () => ask('run', { block: this.number, command }));
  }

  show(stage, here) {
    const shown = here ? stage.shops : [];
    const open = here && (stage.state === 'open' || stage.state === 'closing');
    const runs = shown.some((shop) => shop.outputs.some((each) => !each.over));
    for (const runner of this.buttons) {
      runner.hidden = !open;
      runner.disabled = runs;
    }
    if (this.panes.length !== shown.length) {
      this.panes = shown.map((shop) => livePre(`What came back from ${titles[shop.whose].toLowerCase()}`));
      this.results.replaceChildren(...this.panes);
    }
    shown.forEach((shop, i) => {
      const own = stage.ran.map((each, number) => [each, shop.outputs[number]]).filter(([each]) => each.block === this.number);
      const text = own.map(([each, output]) =>
        `${this.commands[each.command]}\n${output.text}${output.over ? '' : '…\n'}`).join('');
      fill(this.panes[i], text && shown.length > 1 ? `${titles[shop.whose]}\n\n${text}` : text);
    });
    this.results.hidden = this.panes.every((pane) => pane.hidden);
  }
}

function livePre(words) {
  return element('pre', { class: 'said live', tabindex: '0', 'aria-live': 'polite', 'aria-label': words, hidden: true });
}

function fill(pre, text) {
  pre.hidden = text === '';
  if (pre.textContent === text) return;
  pre.textContent = text;
  pre.scrollTop = pre.scrollHeight;
}
