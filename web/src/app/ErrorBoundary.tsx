import { Component, type ReactNode } from 'react';

interface Props {
  /** Another key is another try. */
  resetKey: string;
  children: ReactNode;
}

interface State {
  /** What failed, and at which key; null while nothing has. */
  failed: { message: string; key: string | null } | null;
}

/** The last resort: a fault of one view leaves the menu and the other views usable. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failed: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failed: { message: error instanceof Error ? error.message : String(error), key: null } };
  }

  override componentDidCatch(): void {
    this.setState(({ failed }, { resetKey }) => ({ failed: failed === null ? null : { ...failed, key: resetKey } }));
  }

  override componentDidUpdate(): void {
    const key = this.state.failed?.key ?? null;
    if (key !== null && key !== this.props.resetKey) {
      this.setState({ failed: null });
    }
  }

  override render(): ReactNode {
    return this.state.failed === null ? this.props.children : <pre role="alert">{this.state.failed.message}</pre>;
  }
}
