"""What Meetbridge costs, in counts that no machine changes and in times as ratios within one run."""
