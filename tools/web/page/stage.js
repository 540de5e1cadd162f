// "See it": the chapter's shop, started from its page, and a button for each of the chapter's commands.
import { button, element } from './dom.js';
import { ask } from './live.js';

const lesson = document.body.dataset.lesson;
const shops = [];
const shells = [];

export function setUpStage() {
  for (const block of document.querySelectorAll('.block[data-kind="server"]')) shops.push(setUpShop(block, shops.length));
  for (const block of document.querySelectorAll('.block[data-kind="shell"]')) shells.push(setUpShell(block, shells.length));
}

function setUpShop(block, number) {
  const note = element('span', { class: 'note', role: 'status' });
  const open = (solution) => attempt(note, () => ask('open', { lesson, block: number, solution }));
  const opener = button('Start the shop', () => open(false), { class: 'primary' });
  const other = button('Start the solution’s', () => open(true));
  const closer = button('Close it', () => attempt(note, () => ask('close')), { hidden: true });
  const said = element('pre', { class: 'said live', tabindex: '0', 'aria-label': 'What the shop says', hidden: true });
  block.append(element('p', { class: 'stage' }, opener, other, closer, note), said);
  return { note, opener, other, closer, said };
}

// Each command has a button before it; what it prints stands below the block.
function setUpShell(block, number) {
  const code = block.querySelector('code');
  const lines = code.textContent.split('\n');
  const note = element('span', { class: 'note', role: 'status' });
  const results = element('pre', { class: 'said live', tabindex: '0', 'aria-live': 'polite', 'aria-label': 'What came back', hidden: true });
  const buttons = [];
  const commands = [];
  code.replaceChildren(...lines.flatMap((line, i) => {
    const text = `${line}${i + 1 < lines.length ? '\n' : ''}`;
    if (!line.startsWith('$ ')) return [element('span', { class: 'printed' }, text)];
    const command = commands.length;
    commands.push(line);
    const runner = button('Run', () => attempt(note, () => ask('run', { block: number, command })),
      { class: 'small run', 'aria-label': `Run: ${line.slice(2)}`, hidden: true });
    buttons.push(runner);
    return [runner, text];
  }));
  block.append(results, note);
  return { results, buttons, commands };
}

export function showStage(stage) {
  const here = stage.stem === lesson;
  const open = here && (stage.state === 'open' || stage.state === 'closing');
  const busy = here && stage.state !== 'closed';
  shops.forEach((shop, number) => {
    const own = here && stage.block === number;
    shop.opener.hidden = shop.other.hidden = own && busy;
    shop.closer.hidden = !(own && busy);
    shop.closer.textContent = stage.state === 'closing' ? 'End it now' : 'Close it';
    if (own) shop.note.textContent = stage.note;
    shop.said.hidden = !(own && stage.said);
    if (own && shop.said.textContent !== stage.said) {
      shop.said.textContent = stage.said;
      shop.said.scrollTop = shop.said.scrollHeight;
    }
  });
  shells.forEach((shell, number) => {
    for (const runner of shell.buttons) {
      runner.hidden = !open;
      runner.disabled = stage.ran.some((each) => !each.over);
    }
    const own = here ? stage.ran.filter((each) => each.block === number) : [];
    const text = own.map((each) => `${shell.commands[each.command]}\n${each.output}${each.over ? '' : '…\n'}`).join('');
    shell.results.hidden = text === '';
    if (shell.results.textContent !== text) {
      shell.results.textContent = text;
      shell.results.scrollTop = shell.results.scrollHeight;
    }
  });
}

async function attempt(note, what) {
  note.textContent = '';
  try {
    await what();
  } catch (error) {
    note.textContent = error.message;
  }
}
