import { theme, type ThemeConfig } from 'antd';
import { useSyncExternalStore } from 'react';
import { useSettings, type Theme } from '../state/settings';

const query = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;

function subscribe(listener: () => void): () => void {
  query?.addEventListener('change', listener);
  return () => query?.removeEventListener('change', listener);
}

export function isDark(setting: Theme, system: boolean): boolean {
  return setting === 'auto' ? system : setting === 'dark';
}

export function useDark(): boolean {
  const system = useSyncExternalStore(subscribe, () => query?.matches === true);
  return isDark(
    useSettings((settings) => settings.theme),
    system,
  );
}

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

export function themeOf(dark: boolean): ThemeConfig {
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    hashed: false,
    token: {
      fontFamily: font,
      fontSize: 13,
      borderRadius: 7,
      // Both have a contrast of 4.5 on what they lie on.
      colorPrimary: dark ? '#5b82f5' : '#2b55d9',
      colorLink: dark ? '#93aeff' : '#2448bd',
      colorError: dark ? '#e5635c' : '#c62f2a',
      colorText: dark ? '#e6e9ef' : '#1a1f29',
      colorTextSecondary: dark ? '#a3adbb' : '#586274',
      colorTextPlaceholder: dark ? '#8d97a6' : '#667085',
      colorBgBase: dark ? '#14181f' : '#ffffff',
      colorBgElevated: dark ? '#1b2029' : '#ffffff',
      colorBgContainer: dark ? '#171b22' : '#ffffff',
      colorBorder: dark ? '#323a47' : '#cfd5de',
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      wireframe: false,
    },
    components: { Tabs: { horizontalItemPaddingSM: '6px 0' } },
  };
}
