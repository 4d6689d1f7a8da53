import { StyleProvider } from '@ant-design/cssinjs';
import { App as AntApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useLanguage, useTexts } from '../i18n';
import { useApiBase } from '../state/api';
import { Feed } from '../state/feed';
import { askSession } from '../state/session';
import { useSettings } from '../state/settings';
import { forgetHosts, useStore } from '../state/store';
import ListView from '../views/ListView';
import { ErrorBoundary } from './ErrorBoundary';
import { Login } from './Login';
import { parseRoute, useHash, type Route, type ViewName } from './routes';
import { Shell } from './Shell';
import { themeOf, useDark } from './theme';

const WindowView = lazy(() => import('../views/WindowView'));
const FreeView = lazy(() => import('../views/FreeView'));
const SearchView = lazy(() => import('../views/SearchView'));
const TasksView = lazy(() => import('../views/TasksView'));
const ModulesView = lazy(() => import('../views/ModulesView'));
const HistoryView = lazy(() => import('../views/HistoryView'));
const AlertsView = lazy(() => import('../views/AlertsView'));
const SettingsView = lazy(() => import('../views/SettingsView'));

function CurrentView({ view, route }: { view: ViewName; route: Route }) {
  switch (view) {
    case 'hosts':
      return <ListView />;
    case 'window':
      return <WindowView asked={route.host} />;
    case 'free':
      return <FreeView />;
    case 'search':
      return <SearchView query={route.query.get('q') ?? ''} />;
    case 'tasks':
      return <TasksView />;
    case 'modules':
      return <ModulesView />;
    case 'history':
      return <HistoryView query={route.query} />;
    case 'alerts':
      return <AlertsView />;
    case 'settings':
      return <SettingsView />;
  }
}

/** Runs the feed as long as nobody has to sign in first. */
function useFeed(): () => void {
  const base = useApiBase();
  const intervalMs = useSettings((settings) => settings.intervalMs);
  const live = useSettings((settings) => settings.live);
  const loginNeeded = useStore((store) => store.loginNeeded);
  const feed = useRef<Feed | null>(null);
  const lastBase = useRef(base);
  useEffect(() => {
    if (loginNeeded) {
      return;
    }
    if (lastBase.current !== base) {
      lastBase.current = base;
      forgetHosts();
    }
    if (useStore.getState().user === null) {
      void askSession(base);
    }
    const current = new Feed({ base, intervalMs, live });
    feed.current = current;
    current.start();
    return () => current.stop();
  }, [base, intervalMs, live, loginNeeded]);
  return useMemo(() => () => feed.current?.refresh(), []);
}

function Page() {
  const texts = useTexts();
  const language = useLanguage();
  const loginNeeded = useStore((store) => store.loginNeeded);
  const [defaultView] = useState(() => useSettings.getState().defaultView);
  const refresh = useFeed();
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);
  const view = route.view ?? (defaultView === 'window' ? 'window' : 'hosts');
  useEffect(() => {
    document.title = `${texts[view]} · ${texts.appName}`;
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [texts, view, language]);
  if (loginNeeded) {
    return <Login />;
  }
  return (
    <Shell view={view} refresh={refresh}>
      <ErrorBoundary resetKey={hash}>
        <Suspense fallback={<p className="quiet">{texts.loading}…</p>}>
          <CurrentView view={view} route={route} />
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}

export function App() {
  const dark = useDark();
  const language = useLanguage();
  const theme = useMemo(() => themeOf(dark), [dark]);
  useEffect(() => {
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }, [dark]);
  return (
    // In a layer, antd's styles give way to the page's own.
    <StyleProvider layer>
      <ConfigProvider theme={theme} locale={language === 'zh' ? zhCN : enUS} wave={{ disabled: true }}>
        <AntApp>
          <Page />
        </AntApp>
      </ConfigProvider>
    </StyleProvider>
  );
}
