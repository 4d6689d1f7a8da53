/** How a figure is coloured. The number beside it says the same to those who do not see the colour. */
export type Level = 'unknown' | 'low' | 'some' | 'high' | 'full';

/** From 80 red, from 50 orange, from 20 yellow, else green. */
export function loadLevel(percent: number | null): Level {
  if (percent === null) {
    return 'unknown';
  }
  if (percent >= 80) {
    return 'full';
  }
  if (percent >= 50) {
    return 'high';
  }
  return percent >= 20 ? 'some' : 'low';
}

/** From 80 °C red, from 60 °C gold. */
export function heatLevel(celsius: number | null): Level {
  if (celsius === null) {
    return 'unknown';
  }
  if (celsius >= 80) {
    return 'full';
  }
  return celsius >= 60 ? 'some' : 'low';
}
