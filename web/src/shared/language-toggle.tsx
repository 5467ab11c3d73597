// The switch between Spanish and English.

import { choose, language, type PageLanguage } from "./language";

const NAMES: readonly (readonly [PageLanguage, string])[] = [
  ["es", "Español"],
  ["en", "English"],
];

export function LanguageToggle() {
  return (
    <div class="toggle" role="group" aria-label="Idioma / Language">
      {NAMES.map(([code, name]) => (
        <button
          type="button"
          key={code}
          lang={code}
          aria-label={`${code.toUpperCase()} · ${name}`}
          aria-pressed={language.value === code}
          onClick={() => choose(code)}
        >
          {code.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
