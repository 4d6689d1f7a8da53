/** What the page tells for a moment, or asks: antd's messages and dialogs in the theme of the page. */
import { App } from 'antd';
import { useCallback } from 'react';
import { copyText } from '../app/clipboard';
import { useTexts } from '../i18n';

/** Copies a command and says what was copied; where nothing can be copied it shows the text. */
export function useCopy(): (command: string) => Promise<void> {
  const { message, modal } = App.useApp();
  const texts = useTexts();
  return useCallback(
    async (command: string) => {
      if (await copyText(command)) {
        void message.success({
          content: (
            <>
              {texts.copied} <code>{command}</code>
            </>
          ),
          key: 'copied',
        });
      } else {
        modal.info({ title: texts.copyFailed, content: <code className="by-hand">{command}</code>, okText: texts.close });
      }
    },
    [message, modal, texts],
  );
}
