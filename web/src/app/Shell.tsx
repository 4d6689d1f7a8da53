/** What stands around every view: the menu, the sum of all hosts, and how fresh all of it is. */
import { Alert, Button, Drawer, Tooltip } from 'antd';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { ageText, useLanguage, useTexts, type Texts } from '../i18n';
import { readAlerts } from '../model/alerts';
import { bytesText, percentText, unknownText } from '../model/format';
import { summarize } from '../model/hosts';
import { failureText } from '../parts/failureText';
import { Icon } from '../parts/Icon';
import { useApiBase } from '../state/api';
import { ask } from '../api/client';
import { useTicking } from '../state/clock';
import { useResource } from '../state/resource';
import { askSession } from '../state/session';
import { useSettings } from '../state/settings';
import { useStore } from '../state/store';
import { routeHash, viewNames, type ViewName } from './routes';
import { useDark } from './theme';

/** On a phone these are at hand, the others behind "More". */
const phoneViews: readonly ViewName[] = ['hosts', 'free', 'search', 'tasks'];

function NavLink({ view, current, badge, onClick }: { view: ViewName; current: ViewName; badge: number; onClick?: () => void }) {
  const texts = useTexts();
  return (
    <a href={routeHash(view)} aria-current={view === current ? 'page' : undefined} onClick={onClick}>
      <Icon name={view} />
      <span>{texts[view]}</span>
      {badge > 0 && <span className="badge">{badge}</span>}
    </a>
  );
}

function Nav({ current, alerts }: { current: ViewName; alerts: number }) {
  const texts = useTexts();
  const [open, setOpen] = useState(false);
  const badge = (view: ViewName): number => (view === 'alerts' ? alerts : 0);
  return (
    <>
      <nav className="side-nav" aria-label={texts.navigation}>
        <a className="brand" href={routeHash('hosts')}>
          <img src="./icon.svg" alt="" width="26" height="26" />
          <strong>{texts.appName}</strong>
        </a>
        {viewNames.map((view) => (
          <NavLink key={view} view={view} current={current} badge={badge(view)} />
        ))}
      </nav>
      <nav className="phone-nav" aria-label={texts.navigation}>
        {phoneViews.map((view) => (
          <NavLink key={view} view={view} current={current} badge={0} />
        ))}
        <button type="button" aria-expanded={open} onClick={() => setOpen(true)}>
          <Icon name="more" />
          <span>{texts.more}</span>
          {alerts > 0 && <span className="badge">{alerts}</span>}
        </button>
      </nav>
      <Drawer open={open} onClose={() => setOpen(false)} placement="bottom" size={360} title={texts.more} closable={{ 'aria-label': texts.close }}>
        <nav className="drawer-nav" aria-label={texts.more}>
          {viewNames
            .filter((view) => !phoneViews.includes(view))
            .map((view) => (
              <NavLink key={view} view={view} current={current} badge={badge(view)} onClick={() => setOpen(false)} />
            ))}
        </nav>
      </Drawer>
    </>
  );
}

function Figure({ label, value, detail }: { label: string; value: string; detail?: string }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        {value}
        {detail !== undefined && <small>{detail}</small>}
      </dd>
    </div>
  );
}

function Summary() {
  const texts = useTexts();
  const hosts = useStore((store) => store.hosts);
  const sum = useMemo(() => summarize(hosts.values()), [hosts]);
  const share = sum.memoryTotalMb > 0 ? (sum.memoryUsedMb / sum.memoryTotalMb) * 100 : null;
  const bytes = (mebibytes: number): string => bytesText(mebibytes * 1024 * 1024);
  return (
    <dl className="summary">
      <Figure label={texts.sumHosts} value={`${sum.online}`} detail={`/ ${sum.hosts}`} />
      <Figure label={texts.sumCards} value={`${sum.idleGpus}`} detail={`/ ${sum.gpus}`} />
      <Figure label={texts.sumMemory} value={percentText(share)} detail={share === null ? unknownText : `${bytes(sum.memoryUsedMb)} / ${bytes(sum.memoryTotalMb)}`} />
    </dl>
  );
}

function LiveState() {
  const texts = useTexts();
  const live = useStore((store) => store.live);
  const failure = useStore((store) => store.failure);
  const interval = useSettings((settings) => settings.intervalMs);
  const state = failure !== null ? 'bad' : live === 'on' ? 'on' : 'poll';
  const text = state === 'bad' ? texts.stale : state === 'on' ? texts.live : texts.polling(Math.round(interval / 100) / 10);
  return (
    <span className={`live-state ${state}`} role="status">
      <span className="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

function Controls() {
  const texts = useTexts();
  const dark = useDark();
  const language = useLanguage();
  const change = useSettings((settings) => settings.change);
  const user = useStore((store) => store.user);
  const signInOffered = useStore((store) => store.signInOffered);
  const base = useApiBase();
  const signOut = async (): Promise<void> => {
    await ask(base, 'api/logout', { method: 'POST', body: {} });
    useStore.setState({ user: null });
    await askSession(base);
    useStore.setState((store) => ({ loginNeeded: !store.mayLook }));
  };
  const themeName = dark ? texts.light : texts.dark;
  return (
    <div className="controls">
      <LiveState />
      <Tooltip title={language === 'zh' ? 'English' : '中文'}>
        <Button type="text" aria-label={language === 'zh' ? 'English' : '中文'} icon={<Icon name="language" />} onClick={() => change({ language: language === 'zh' ? 'en' : 'zh' })} />
      </Tooltip>
      <Tooltip title={themeName}>
        <Button type="text" aria-label={themeName} icon={<Icon name={dark ? 'sun' : 'moon'} />} onClick={() => change({ theme: dark ? 'light' : 'dark' })} />
      </Tooltip>
      {user === null && signInOffered && (
        <Button type="text" onClick={() => useStore.setState({ loginNeeded: true })}>
          {texts.signIn}
        </Button>
      )}
      {user !== null && (
        <Button type="text" onClick={() => void signOut()}>
          {texts.signOut}
        </Button>
      )}
    </div>
  );
}

/** A failed refresh, with how old what is shown is. */
function FailureBanner({ refresh }: { refresh: () => void }) {
  const texts = useTexts();
  const failure = useStore((store) => store.failure);
  const freshAt = useStore((store) => store.freshAt);
  const age = useTicking((now) => (freshAt === null ? '' : ageText(texts, freshAt, now)));
  if (failure === null) {
    return null;
  }
  return (
    <Alert
      className="failure-banner"
      type="error"
      showIcon
      title={texts.refreshFailed}
      description={`${failureText(texts, failure)} ${freshAt === null ? texts.noDataYet : texts.dataFrom(age)}`}
      action={
        <Button size="small" onClick={refresh}>
          {texts.retry}
        </Button>
      }
    />
  );
}

function Empty({ texts }: { texts: Texts }) {
  return (
    <section className="empty">
      <h2>{texts.noHosts}</h2>
      <p>{texts.noHostsHint}</p>
      <pre>wemol-hub enroll HOST</pre>
    </section>
  );
}

export function Shell({ view, refresh, children }: { view: ViewName; refresh: () => void; children: ReactNode }) {
  const texts = useTexts();
  const freshAt = useStore((store) => store.freshAt);
  const failed = useStore((store) => store.failure !== null);
  const noHosts = useStore((store) => store.names.length === 0);
  const countActive = useCallback((answer: unknown) => readAlerts(answer)?.alerts.filter((alert) => alert.firing).length ?? null, []);
  const alerts = useResource('api/alerts', countActive, 30_000).value ?? 0;
  const needsHosts = view === 'hosts' || view === 'window' || view === 'free' || view === 'search';
  return (
    <div className="shell">
      <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus(); }}>
        {texts.skip}
      </a>
      <Nav current={view} alerts={alerts} />
      <div className="page">
        <header className="top">
          <h1>{texts[view]}</h1>
          <Summary />
          <Controls />
        </header>
        <main id="content" tabIndex={-1} className={failed ? 'stale' : undefined} aria-label={texts[view]}>
          <FailureBanner refresh={refresh} />
          {needsHosts && noHosts ? freshAt === null ? !failed && <p className="quiet">{texts.loading}…</p> : <Empty texts={texts} /> : children}
        </main>
      </div>
    </div>
  );
}
