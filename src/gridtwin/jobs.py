"""The batch jobs: what cron or an orchestrator runs, restartable at any point."""
