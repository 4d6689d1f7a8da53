import { Select } from 'antd';
import { routeHash } from '../app/routes';
import { useTexts } from '../i18n';
import { unknownText } from '../model/format';
import { chooseHost } from '../model/hosts';
import type { Host } from '../model/types';
import { Age } from '../parts/Age';
import { HostMeters } from '../parts/HostCard';
import HostDetail from '../parts/HostDetail';
import { StatusPill } from '../parts/StatusPill';
import { hostColors, useStore } from '../state/store';

function Menu({ hosts, names, chosen }: { hosts: ReadonlyMap<string, Host>; names: readonly string[]; chosen: string }) {
  const texts = useTexts();
  return (
    <>
      <nav className="host-menu" aria-label={texts.chooseHost}>
        <ul>
          {names.map((name) => (
            <li key={name}>
              <a href={routeHash('window', name)} aria-current={name === chosen ? 'page' : undefined} className={hosts.get(name)?.online === true ? 'is-online' : 'is-away'} style={{ '--host-hue': hostColors().hue(name) }}>
                <span className="dot" aria-hidden="true" />
                <bdi title={name}>{name}</bdi>
                {hosts.get(name)?.online !== true && <small>{texts.offline}</small>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Select
        className="host-select"
        showSearch
        aria-label={texts.chooseHost}
        value={chosen}
        onChange={(name) => window.location.assign(routeHash('window', name))}
        options={names.map((name) => ({ value: name, label: name }))}
      />
    </>
  );
}

export default function WindowView({ asked }: { asked: string | null }) {
  const texts = useTexts();
  const hosts = useStore((store) => store.hosts);
  const names = useStore((store) => store.names);
  const host = chooseHost(hosts, names, asked);
  if (host === undefined) {
    return null;
  }
  return (
    <div className="window-view">
      <Menu hosts={hosts} names={names} chosen={host.name} />
      <article className={`host-window${host.online ? '' : ' offline'}`} aria-label={host.name} data-host={host.name} style={{ '--host-hue': hostColors().hue(host.name) }}>
        <header>
          <h2>
            <bdi>{host.name}</bdi>
          </h2>
          <StatusPill online={host.online} />
          <span className="address" title={texts.address}>
            <bdi>{host.address ?? unknownText}</bdi>
          </span>
          <Age time={host.updatedAt} />
        </header>
        <HostMeters host={host} />
        <HostDetail key={host.name} host={host} />
      </article>
    </div>
  );
}
