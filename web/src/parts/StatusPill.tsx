import { useTexts } from '../i18n';

export function StatusPill({ online }: { online: boolean }) {
  const texts = useTexts();
  return <span className={`pill ${online ? 'online' : 'away'}`}>{online ? texts.online : texts.offline}</span>;
}
