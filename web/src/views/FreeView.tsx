import { InputNumber, Select } from 'antd';
import { useMemo, useState } from 'react';
import { routeHash } from '../app/routes';
import { useTexts } from '../i18n';
import { visibleDevices } from '../model/commands';
import { findFree, freeMb, type Offer, type Wish } from '../model/free';
import { mebibytesText, numberText, percentText, unknownText } from '../model/format';
import type { Gpu } from '../model/types';
import { CopyButton } from '../parts/CopyButton';
import { hostColors, useStore } from '../state/store';

function Card({ gpu, suggested }: { gpu: Gpu; suggested: boolean }) {
  const texts = useTexts();
  return (
    <li className={suggested ? 'free-card suggested' : 'free-card'}>
      <strong>{texts.gpuNumber(gpu.index)}</strong>
      {suggested && <span className="tag">{texts.take}</span>}
      <bdi className="gpu-name">{gpu.name ?? unknownText}</bdi>
      <span>{texts.freeOf(mebibytesText(freeMb(gpu)), mebibytesText(gpu.memoryTotalMb))}</span>
      <span className="quiet">
        {percentText(gpu.utilizationPercent)} · {gpu.temperatureC === null ? unknownText : `${numberText(gpu.temperatureC)} °C`}
      </span>
    </li>
  );
}

function OfferCard({ offer, count }: { offer: Offer; count: number }) {
  const { host, cards } = offer;
  const command = visibleDevices(cards.slice(0, count));
  return (
    <article className="offer" aria-label={host.name} data-host={host.name} style={{ '--host-hue': hostColors().hue(host.name) }}>
      <header>
        <h3>
          <a href={routeHash('window', host.name)}>
            <bdi>{host.name}</bdi>
          </a>
        </h3>
        <span className="address">
          <bdi>{host.address ?? unknownText}</bdi>
        </span>
        {command !== null && <CopyButton command={command} label="CUDA_VISIBLE_DEVICES" />}
      </header>
      <ul className="free-cards">
        {cards.map((gpu, position) => (
          <Card key={gpu.key} gpu={gpu} suggested={position < count} />
        ))}
      </ul>
    </article>
  );
}

export default function FreeView() {
  const texts = useTexts();
  const hosts = useStore((store) => store.hosts);
  const [gibibytes, setGibibytes] = useState(8);
  const [count, setCount] = useState(1);
  const [busyFrom, setBusyFrom] = useState(10);
  const offers = useMemo(() => {
    const wish: Wish = { memoryMb: gibibytes * 1024, count, busyFromPercent: busyFrom };
    return findFree(hosts.values(), wish);
  }, [hosts, gibibytes, count, busyFrom]);
  const cards = offers.reduce((sum, offer) => sum + offer.cards.length, 0);
  return (
    <>
      <form className="question" aria-label={texts.freeQuestion} onSubmit={(event) => event.preventDefault()}>
        <label htmlFor="free-memory">
          {texts.freeMemory}
          <InputNumber id="free-memory" min={0} max={100_000} value={gibibytes} suffix="GiB" onChange={(value) => setGibibytes(value ?? 0)} />
        </label>
        <label htmlFor="free-count">
          {texts.freeCount}
          <InputNumber id="free-count" min={1} max={64} precision={0} value={count} onChange={(value) => setCount(value ?? 1)} />
        </label>
        <label htmlFor="free-busy">
          {texts.freeBusy}
          <Select
            id="free-busy"
            value={busyFrom}
            onChange={setBusyFrom}
            options={[...[10, 20, 50].map((value) => ({ value, label: texts.belowPercent(value) })), { value: 101, label: texts.any }]}
          />
        </label>
        <output className="answer">{offers.length === 0 ? texts.freeNone : texts.freeAnswer(cards, offers.length)}</output>
      </form>
      <div className="offers">
        {offers.map((offer) => (
          <OfferCard key={offer.host.name} offer={offer} count={count} />
        ))}
      </div>
    </>
  );
}
