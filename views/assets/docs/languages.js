const PLACE = 'heavylift-docs-language';
const groups = [];

/** Has a group of samples show one language at a time: the one that was chosen last, on whichever page. */
export function offerLanguages(samples) {
  const figures = [...samples.querySelectorAll('[data-language]')];
  const names = new Map(figures.map((figure) => [figure.dataset.language, figure.dataset.name]));
  const choice = document.createElement('div');
  choice.className = 'languages';
  choice.role = 'group';
  choice.ariaLabel = 'Language';
  for (const [language, name] of names) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.dataset.choose = language;
    button.addEventListener('click', () => choose(language));
    choice.append(button);
  }
  samples.prepend(choice);
  groups.push({ figures, choice, names });
  show(groups.at(-1), chosen());
}

function choose(language) {
  try {
    localStorage.setItem(PLACE, language);
  } catch {
    // A browser that keeps nothing shows it here all the same.
  }
  for (const group of groups) show(group, language);
}

function chosen() {
  try {
    return localStorage.getItem(PLACE) ?? '';
  } catch {
    return '';
  }
}

/** A group that lacks the language shows its first. */
function show({ figures, choice, names }, wanted) {
  const language = names.has(wanted) ? wanted : [...names.keys()][0];
  for (const figure of figures) figure.hidden = figure.dataset.language !== language;
  for (const button of choice.children) button.ariaPressed = String(button.dataset.choose === language);
}
