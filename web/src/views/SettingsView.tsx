import { Input, InputNumber, Segmented, Switch } from 'antd';
import { useState } from 'react';
import { isAddress } from '../api/client';
import { useTexts } from '../i18n';
import { minimumIntervalMs, useSettings, type Language, type Theme, type View } from '../state/settings';

export default function SettingsView() {
  const texts = useTexts();
  const settings = useSettings();
  const [address, setAddress] = useState(settings.apiAddress);
  const bad = !isAddress(address);
  const keepAddress = (): void => {
    if (!bad) {
      settings.change({ apiAddress: address.trim() });
    }
  };
  return (
    <form
      className="panel settings"
      aria-label={texts.settings}
      onSubmit={(event) => {
        event.preventDefault();
        keepAddress();
      }}
    >
      <div className="field">
        <label htmlFor="api-address">{texts.apiAddress}</label>
        <Input id="api-address" value={address} status={bad ? 'error' : ''} aria-invalid={bad} aria-describedby="api-address-hint" onChange={(event) => setAddress(event.target.value)} onBlur={keepAddress} />
        <small id="api-address-hint">{bad ? texts.apiAddressBad : texts.apiAddressHint}</small>
      </div>
      <div className="field">
        <label htmlFor="interval">{texts.interval}</label>
        <InputNumber
          id="interval"
          min={minimumIntervalMs}
          max={3_600_000}
          step={1000}
          precision={0}
          value={settings.intervalMs}
          aria-describedby="interval-hint"
          onChange={(value) => {
            if (value !== null) {
              settings.change({ intervalMs: value });
            }
          }}
        />
        <small id="interval-hint">{texts.intervalHint}</small>
      </div>
      <div className="field">
        <label htmlFor="live">{texts.liveUpdates}</label>
        <Switch id="live" checked={settings.live} onChange={(live) => settings.change({ live })} />
      </div>
      <div className="field">
        <span id="default-view">{texts.defaultView}</span>
        <Segmented<View>
          aria-labelledby="default-view"
          value={settings.defaultView}
          onChange={(defaultView) => settings.change({ defaultView })}
          options={[
            { value: 'list', label: texts.viewList },
            { value: 'window', label: texts.viewWindow },
          ]}
        />
      </div>
      <div className="field">
        <span id="language">{texts.language}</span>
        <Segmented<Language>
          aria-labelledby="language"
          value={settings.language}
          onChange={(language) => settings.change({ language })}
          options={[
            { value: 'auto', label: texts.auto },
            { value: 'zh', label: '中文' },
            { value: 'en', label: 'English' },
          ]}
        />
      </div>
      <div className="field">
        <span id="theme">{texts.theme}</span>
        <Segmented<Theme>
          aria-labelledby="theme"
          value={settings.theme}
          onChange={(theme) => settings.change({ theme })}
          options={[
            { value: 'auto', label: texts.auto },
            { value: 'light', label: texts.light },
            { value: 'dark', label: texts.dark },
          ]}
        />
      </div>
      <p className="quiet">{texts.saved}</p>
    </form>
  );
}
