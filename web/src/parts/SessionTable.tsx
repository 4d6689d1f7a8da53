import { App, Button } from 'antd';
import { useMemo } from 'react';
import { useTexts } from '../i18n';
import { attachCommand } from '../model/commands';
import { unknownText } from '../model/format';
import type { Session } from '../model/types';
import { DataTable, type Column } from './DataTable';
import { useCopy } from './feedback';
import { Icon } from './Icon';

function AttachButton({ session, ambiguous }: { session: Session; ambiguous: boolean }) {
  const texts = useTexts();
  const copy = useCopy();
  const { modal } = App.useApp();
  const resume = attachCommand(session, false, ambiguous);
  const join = attachCommand(session, true, ambiguous);
  if (resume === null || join === null) {
    return unknownText;
  }
  const asks = session.kind === 'screen' && session.state === 'attached';
  const onClick = (): void => {
    if (!asks) {
      void copy(resume);
      return;
    }
    modal.confirm({
      title: texts.attachTitle(session.name ?? ''),
      content: (
        <>
          <p>{texts.attachText}</p>
          <code>{join}</code>
        </>
      ),
      okText: texts.attachJoin,
      cancelText: texts.cancel,
      onOk: () => copy(join),
    });
  };
  return (
    <Button size="small" icon={<Icon name="copy" />} title={asks ? join : resume} aria-label={texts.copyCommand(asks ? join : resume)} onClick={onClick}>
      {asks ? 'screen -x' : session.kind === 'tmux' ? 'tmux attach' : 'screen -R'}
    </Button>
  );
}

export function SessionTable({ sessions, caption }: { sessions: readonly Session[] | null; caption: string }) {
  const texts = useTexts();
  const columns = useMemo<Column<Session>[]>(() => {
    const names = (sessions ?? []).map((session) => `${session.kind} ${session.name ?? ''}`);
    const ambiguous = (session: Session): boolean => names.filter((name) => name === `${session.kind} ${session.name ?? ''}`).length > 1;
    const stateText = (session: Session): string => ({ attached: texts.attached, detached: texts.detached, dead: texts.dead, unknown: session.status ?? unknownText })[session.state];
    return [
      { id: 'name', title: texts.name, sortValue: (session) => session.name, cell: (session) => <bdi>{session.name ?? unknownText}</bdi> },
      { id: 'kind', title: texts.kind, sortValue: (session) => session.kind, cell: (session) => session.kind },
      { id: 'pid', title: texts.pid, numeric: true, sortValue: (session) => session.pid, cell: (session) => session.pid ?? unknownText },
      { id: 'status', title: texts.status, sortValue: stateText, cell: (session) => <span className={`session-${session.state}`}>{stateText(session)}</span> },
      { id: 'action', title: texts.action, cell: (session) => <AttachButton session={session} ambiguous={ambiguous(session)} /> },
    ];
  }, [texts, sessions]);
  if (sessions === null || sessions.length === 0) {
    return <p className="quiet">{sessions === null ? unknownText : texts.noSessions}</p>;
  }
  return <DataTable caption={caption} columns={columns} rows={sessions} keyOf={(session) => session.key} sort={{ column: 'name', descending: false }} />;
}
