import { Component, type ReactNode } from 'react';

interface Props {
  /** Another key is another try. */
  resetKey: string;
  children: ReactNode;
}

/** The last resort: a fault of one view leaves the menu and the other views usable. */
export class ErrorBoundary extends Component<Props, { failedKey: string | null; message: string }> {
  override state = { failedKey: null, message: '' };

  static getDerivedStateFromError(error: unknown): { message: string } {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(): void {
    this.setState({ failedKey: this.props.resetKey });
  }

  override componentDidUpdate(): void {
    if (this.state.failedKey !== null && this.state.failedKey !== this.props.resetKey) {
      this.setState({ failedKey: null, message: '' });
    }
  }

  override render(): ReactNode {
    return this.state.message === '' ? this.props.children : <pre role="alert">{this.state.message}</pre>;
  }
}
