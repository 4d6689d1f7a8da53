/** Alert rules of the hub's settings and what they say now, as GET /api/alerts answers. */
import { Notes, Reader, isObject, parseTime } from './read';

export interface AlertRule {
  key: string;
  name: string | null;
  metric: string | null;
  hosts: string | null;
  severity: string | null;
  above: number | null;
  below: number | null;
  forSeconds: number | null;
  webhook: boolean | null;
  command: boolean | null;
}

export interface Alert {
  key: string;
  rule: string | null;
  severity: string | null;
  host: string | null;
  gpu: number | null;
  metric: string | null;
  value: number | null;
  threshold: number | null;
  since: number | null;
  /** Not firing: it has not held for long enough. */
  firing: boolean;
}

export interface Alerts {
  rules: AlertRule[];
  alerts: Alert[];
}

function readRule(rule: Reader, position: number): AlertRule {
  return {
    key: `${position}`,
    name: rule.text('name'),
    metric: rule.text('metric'),
    hosts: rule.text('hosts'),
    severity: rule.text('severity'),
    above: rule.number('above'),
    below: rule.number('below'),
    forSeconds: rule.amount('for'),
    webhook: rule.flag('webhook'),
    command: rule.flag('command'),
  };
}

function readAlert(alert: Reader, position: number): Alert {
  return {
    key: `${position}`,
    rule: alert.text('rule'),
    severity: alert.text('severity'),
    host: alert.text('host'),
    gpu: alert.integer('gpu'),
    metric: alert.text('metric'),
    value: alert.number('value'),
    threshold: alert.number('threshold'),
    since: parseTime(alert.raw('since')),
    firing: alert.text('state') !== 'pending',
  };
}

export function readAlerts(answer: unknown): Alerts | null {
  if (!isObject(answer)) {
    return null;
  }
  const reader = new Reader(answer, new Notes(), '');
  const rules = reader.list(1000, readRule, 'rules');
  const alerts = reader.list(10_000, readAlert, 'alerts');
  return rules === null && alerts === null ? null : { rules: rules ?? [], alerts: alerts ?? [] };
}
