"""What pages and sheets say of each subject: tables, cards and captions, before HTML."""
