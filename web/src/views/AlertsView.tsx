import { useMemo } from 'react';
import { routeHash } from '../app/routes';
import { useTexts, type Texts } from '../i18n';
import { readAlerts, type Alert, type AlertRule, type Alerts } from '../model/alerts';
import { durationText, numberText, unknownText } from '../model/format';
import { Age } from '../parts/Age';
import { DataTable, type Column } from '../parts/DataTable';
import { ResourceFrame } from '../parts/ResourceFrame';
import { useResource } from '../state/resource';

function Severity({ severity }: { severity: string | null }) {
  const texts = useTexts();
  return <bdi className={`tag severity-${severity === 'critical' || severity === 'info' ? severity : 'warning'}`}>{severity === null ? unknownText : Object.hasOwn(texts.severities, severity) ? texts.severities[severity] : severity}</bdi>;
}

function conditionText({ metric, above, below }: AlertRule): string {
  const bound = above !== null ? ` > ${numberText(above, 2)}` : below !== null ? ` < ${numberText(below, 2)}` : '';
  return `${metric ?? unknownText}${bound}`;
}

function targetsText(texts: Texts, { webhook, command }: AlertRule): string {
  const targets = [webhook === true ? 'webhook' : null, command === true ? texts.command : null];
  return targets.filter((target) => target !== null).join(', ') || unknownText;
}

function AlertTable({ alerts }: { alerts: readonly Alert[] }) {
  const texts = useTexts();
  const columns = useMemo<Column<Alert>[]>(
    () => [
      { id: 'severity', title: texts.severity, sortValue: (alert) => alert.severity, cell: (alert) => <Severity severity={alert.severity} /> },
      { id: 'rule', title: texts.rule, sortValue: (alert) => alert.rule, cell: (alert) => <bdi>{alert.rule ?? unknownText}</bdi> },
      {
        id: 'host',
        title: texts.host,
        sortValue: (alert) => alert.host,
        cell: (alert) => (
          <>
            {alert.host === null ? (
              unknownText
            ) : (
              <a href={routeHash('window', alert.host)}>
                <bdi>{alert.host}</bdi>
              </a>
            )}
            {alert.gpu === null ? '' : ` · ${texts.gpuNumber(alert.gpu)}`}
          </>
        ),
      },
      { id: 'metric', title: texts.metric, sortValue: (alert) => alert.metric, cell: (alert) => <code>{alert.metric ?? unknownText}</code> },
      { id: 'value', title: texts.value, numeric: true, sortValue: (alert) => alert.value, cell: (alert) => numberText(alert.value, 1) },
      { id: 'threshold', title: texts.threshold, numeric: true, sortValue: (alert) => alert.threshold, cell: (alert) => numberText(alert.threshold, 2) },
      { id: 'since', title: texts.since, numeric: true, sortValue: (alert) => alert.since, cell: (alert) => <Age time={alert.since} /> },
      { id: 'state', title: texts.status, sortValue: (alert) => (alert.firing ? 0 : 1), cell: (alert) => (alert.firing ? texts.firing : texts.pending) },
    ],
    [texts],
  );
  return <DataTable caption={texts.alertsActive} columns={columns} rows={alerts} keyOf={(alert) => alert.key} sort={{ column: 'state', descending: false }} />;
}

function RuleTable({ rules }: { rules: readonly AlertRule[] }) {
  const texts = useTexts();
  const columns = useMemo<Column<AlertRule>[]>(
    () => [
      { id: 'severity', title: texts.severity, sortValue: (rule) => rule.severity, cell: (rule) => <Severity severity={rule.severity} /> },
      { id: 'rule', title: texts.rule, sortValue: (rule) => rule.name, cell: (rule) => <bdi>{rule.name ?? unknownText}</bdi> },
      { id: 'condition', title: texts.condition, cell: (rule) => <code>{conditionText(rule)}</code> },
      { id: 'duration', title: texts.holdsFor, cell: (rule) => durationText(rule.forSeconds) },
      { id: 'hosts', title: texts.hostsColumn, cell: (rule) => <code>{rule.hosts ?? unknownText}</code> },
      { id: 'notifies', title: texts.notifies, cell: (rule) => targetsText(texts, rule) },
    ],
    [texts],
  );
  return <DataTable caption={texts.alertsRules} columns={columns} rows={rules} keyOf={(rule) => rule.key} />;
}

function Sections({ alerts: { alerts, rules } }: { alerts: Alerts }) {
  const texts = useTexts();
  return (
    <>
      <section className="panel">
        <h2>{texts.alertsActive}</h2>
        {alerts.length === 0 ? <p className="quiet">{texts.alertsNone}</p> : <AlertTable alerts={alerts} />}
      </section>
      <section className="panel">
        <h2>{texts.alertsRules}</h2>
        {rules.length === 0 ? <p className="quiet">{texts.alertsNoRules}</p> : <RuleTable rules={rules} />}
      </section>
    </>
  );
}

export default function AlertsView() {
  const resource = useResource('api/alerts', readAlerts, 10_000);
  return <ResourceFrame resource={resource}>{(alerts) => <Sections alerts={alerts} />}</ResourceFrame>;
}
