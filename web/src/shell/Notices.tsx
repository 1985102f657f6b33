import { Icon } from "../parts/icons";
import { dismiss, useStore } from "../state/store";

/** Short messages, shown and read out. */
export function Notices() {
  const notices = useStore((store) => store.notices);
  const spoken = useStore((store) => store.spoken);
  return (
    <>
      <div className="sr-only" role="status" aria-live="polite">
        {spoken}
      </div>
      <div className="notices">
        {notices.map(({ id, text, tone }) => (
          <div key={id} className="notice" data-tone={tone}>
            <span>{text}</span>
            <button
              type="button"
              className="icon-button"
              aria-label="Dismiss"
              onClick={() => dismiss(id)}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}
