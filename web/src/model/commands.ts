/** Commands that the page hands out to be pasted into a shell. Names in them come from outside. */
import type { Container, Gpu, Session } from './types';

/** A word for a POSIX shell, in quotes only where it needs them. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What was made printable is no longer the name that the host knows. */
function isWhole(text: string): boolean {
  return !text.includes('\ufffd') && !text.endsWith('…');
}

/** The name as `screen -R` takes it; a leading dash would be an option, so there the pid goes before it. */
function sessionName(session: Session, ambiguous: boolean): string | null {
  const { name, pid } = session;
  if (name === null || !isWhole(name)) {
    return null;
  }
  if (session.kind === 'screen' && pid !== null && /^\d+$/.test(pid) && (ambiguous || name.startsWith('-'))) {
    return `${pid}.${name}`;
  }
  return name.startsWith('-') ? null : name;
}

/** null when there is no safe one. `share` joins an attached session beside whoever is in it. */
export function attachCommand(session: Session, share: boolean, ambiguous = false): string | null {
  const name = sessionName(session, ambiguous);
  if (name === null || session.state === 'dead') {
    return null;
  }
  if (session.kind === 'tmux') {
    return `tmux attach -t ${shellWord(name)}`;
  }
  return `screen ${share ? '-x' : '-R'} ${shellWord(name)}`;
}

export function execCommand(container: Container): string | null {
  const target = container.id ?? container.name;
  if (!container.running || target === null || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(target)) {
    return null;
  }
  return `docker exec -it ${target} bash`;
}

/** By uuid, as CUDA numbers cards otherwise than nvidia-smi does. */
export function visibleDevices(cards: readonly Gpu[]): string | null {
  const uuids = cards.map((card) => card.uuid);
  if (uuids.length > 0 && uuids.every((uuid) => uuid !== null && /^[A-Za-z0-9-]+$/.test(uuid))) {
    return `CUDA_VISIBLE_DEVICES=${uuids.join(',')}`;
  }
  const indexes = cards.map((card) => card.index);
  return indexes.length > 0 && indexes.every((index) => index !== null) ? `CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=${indexes.join(',')}` : null;
}
