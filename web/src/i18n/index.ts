import { useSettings, type Language } from '../state/settings';
import { en, type Texts } from './en';
import { zh } from './zh';

export type { Texts } from './en';

export function chosenLanguage(setting: Language, browser: readonly string[]): 'zh' | 'en' {
  if (setting !== 'auto') {
    return setting;
  }
  // The first language that the page has.
  const known = browser.map((tag) => tag.toLowerCase().slice(0, 2)).find((tag) => tag === 'zh' || tag === 'en');
  return known === 'zh' ? 'zh' : 'en';
}

export function useLanguage(): 'zh' | 'en' {
  return chosenLanguage(
    useSettings((settings) => settings.language),
    navigator.languages,
  );
}

export function useTexts(): Texts {
  return useLanguage() === 'zh' ? zh : en;
}

/** How long ago: 刚刚, n秒前. A time in the future is a clock that runs ahead. */
export function ageText(texts: Texts, time: number | null, now: number): string {
  if (time === null) {
    return texts.never;
  }
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < 3) {
    return texts.justNow;
  }
  if (seconds < 60) {
    return texts.secondsAgo(seconds);
  }
  if (seconds < 3600) {
    return texts.minutesAgo(Math.floor(seconds / 60));
  }
  return seconds < 172_800 ? texts.hoursAgo(Math.floor(seconds / 3600)) : texts.daysAgo(Math.floor(seconds / 86_400));
}
