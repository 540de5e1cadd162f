// Elements, made of names and texts. A text is always a text: nothing here reads markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  fill(made, properties, children);
  return made;
}

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function fill(made, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key === 'class') made.className = value;
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
}

export function button(words, what, properties = {}) {
  return element('button', { type: 'button', onclick: what, ...properties }, words);
}

// Says it there. The same again is no change: a screen reader would read it out.
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// A dialog in the middle of the page, which Escape and its button close; what had the focus gets it back.
export function openDialog(title, ...content) {
  const before = document.activeElement;
  const dialog = element('dialog', { 'aria-label': title, class: 'dialog' },
    element('header', {}, element('h2', {}, title), button('Close', () => dialog.close())),
    ...content);
  dialog.addEventListener('close', () => {
    dialog.remove();
    before?.focus?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
