import { Button } from 'antd';
import { useTexts } from '../i18n';
import { useCopy } from './feedback';
import { Icon } from './Icon';

export function CopyButton({ command, label }: { command: string; label?: string }) {
  const texts = useTexts();
  const copy = useCopy();
  return (
    <Button size="small" icon={<Icon name="copy" />} title={command} aria-label={texts.copyCommand(command)} onClick={() => void copy(command)}>
      {label ?? texts.copy}
    </Button>
  );
}
