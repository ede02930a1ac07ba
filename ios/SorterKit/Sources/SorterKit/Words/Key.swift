/// The words of the app, by the names both apps give them. Written by `cargo xtask apps` from apps/strings.tsv.
public enum Key: String, CaseIterable, Sendable {
  case about
  case aboutHelp = "about_help"
  case adapters
  case addPlace = "add_place"
  case allowCamera = "allow_camera"
  case andMore = "and_more"
  case asList = "as_list"
  case asMonth = "as_month"
  case askThem = "ask_them"
  case attribution
  case bag
  case boxesOnly = "boxes_only"
  case bringBack = "bring_back"
  case bringTo = "bring_to"
  case bundled
  case calendarFile = "calendar_file"
  case calendarFileHelp = "calendar_file_help"
  case cameraBrokenText = "camera_broken_text"
  case cameraBrokenTitle = "camera_broken_title"
  case cameraDeniedText = "camera_denied_text"
  case cameraDeniedTitle = "camera_denied_title"
  case cameraInUseText = "camera_in_use_text"
  case cameraInUseTitle = "camera_in_use_title"
  case cameraText = "camera_text"
  case cameraTitle = "camera_title"
  case cancel
  case changeZone = "change_zone"
  case changesOn = "changes_on"
  case checking
  case choosePlace = "choose_place"
  case chooseZone = "choose_zone"
  case classCarton = "class_carton"
  case classFoam = "class_foam"
  case classFood = "class_food"
  case classGeneral = "class_general"
  case classGlass = "class_glass"
  case classMetal = "class_metal"
  case classPaper = "class_paper"
  case classPlastic = "class_plastic"
  case classSpecial = "class_special"
  case close
  case confidenceLikely = "confidence_likely"
  case confidenceSure = "confidence_sure"
  case confidenceUnsure = "confidence_unsure"
  case container
  case daysReadOne = "days_read.one"
  case daysReadOther = "days_read.other"
  case done
  case doneChoosing = "done_choosing"
  case doneSays = "done_says"
  case errorCalendar = "error_calendar"
  case errorInternal = "error_internal"
  case errorPack = "error_pack"
  case errorPhoto = "error_photo"
  case errorRules = "error_rules"
  case errorStorage = "error_storage"
  case errorTooBig = "error_too_big"
  case eveningBefore = "evening_before"
  case exportCalendar = "export_calendar"
  case fetchedOn = "fetched_on"
  case filterCommunities = "filter_communities"
  case find
  case forgetImported = "forget_imported"
  case foundOne = "found.one"
  case foundOther = "found.other"
  case haptics
  case houseNumber = "house_number"
  case importCalendar = "import_calendar"
  case importPack = "import_pack"
  case importPackHelp = "import_pack_help"
  case importing
  case inAnHour = "in_an_hour"
  case inUse = "in_use"
  case intact
  case itemsRotor = "items_rotor"
  case libraries
  case licence
  case litres
  case looking
  case lookingAgain = "looking_again"
  case lookingClosely = "looking_closely"
  case maskSays = "mask_says"
  case memory
  case modelTooBig = "model_too_big"
  case models
  case modelsHelp = "models_help"
  case momentDayAfter = "moment_day_after"
  case momentDayBefore = "moment_day_before"
  case momentSameDay = "moment_same_day"
  case more
  case moreSitesOne = "more_sites.one"
  case moreSitesOther = "more_sites.other"
  case morningOf = "morning_of"
  case moved
  case movedBecause = "moved_because"
  case needsZone = "needs_zone"
  case neverIn = "never_in"
  case nextAskZone = "next_ask_zone"
  case nextCollection = "next_collection"
  case nextIs = "next_is"
  case nextMonth = "next_month"
  case nextNoDates = "next_no_dates"
  case noCameraText = "no_camera_text"
  case noCameraTitle = "no_camera_title"
  case noCommunity = "no_community"
  case noDays = "no_days"
  case noHits = "no_hits"
  case noHitsHelp = "no_hits_help"
  case noPlan = "no_plan"
  case noPlanHelp = "no_plan_help"
  case note
  case nothingFetched = "nothing_fetched"
  case nothingFound = "nothing_found"
  case nothingFoundHelp = "nothing_found_help"
  case nothingTonight = "nothing_tonight"
  case openSettings = "open_settings"
  case otherWays = "other_ways"
  case outlining
  case parts
  case photo
  case pickPhoto = "pick_photo"
  case places
  case placesHelp = "places_help"
  case planUntil = "plan_until"
  case postcode
  case previousMonth = "previous_month"
  case promise
  case putOut = "put_out"
  case randomPack = "random_pack"
  case refund
  case remindBringBack = "remind_bring_back"
  case remindEvening = "remind_evening"
  case remindMorning = "remind_morning"
  case reminderSays = "reminder_says"
  case reminders
  case remindersDenied = "reminders_denied"
  case remove
  case removeSays = "remove_says"
  case rulePacks = "rule_packs"
  case schedule
  case search
  case searchHint = "search_hint"
  case searchInstead = "search_instead"
  case setOut = "set_out"
  case setOutBetween = "set_out_between"
  case setOutBy = "set_out_by"
  case setOutFrom = "set_out_from"
  case shareFailed = "share_failed"
  case shareKept = "share_kept"
  case showOnMap = "show_on_map"
  case size
  case skipZone = "skip_zone"
  case soldAt = "sold_at"
  case something
  case somethingElse = "something_else"
  case sort
  case sourceRead = "source_read"
  case sourceSays = "source_says"
  case sourceVerified = "source_verified"
  case steps
  case stop
  case street
  case takeDays = "take_days"
  case takePhoto = "take_photo"
  case tapForMore = "tap_for_more"
  case textsIn = "texts_in"
  case today
  case tomorrow
  case torchOff = "torch_off"
  case torchOn = "torch_on"
  case tryAgain = "try_again"
  case useModel = "use_model"
  case verdictAppointment = "verdict_appointment"
  case verdictAsk = "verdict_ask"
  case verdictDeposit = "verdict_deposit"
  case verdictDropOff = "verdict_drop_off"
  case verdictHandOver = "verdict_hand_over"
  case verdictHazardous = "verdict_hazardous"
  case verdictKerb = "verdict_kerb"
  case verdictNotAccepted = "verdict_not_accepted"
  case verdictTakeBack = "verdict_take_back"
  case verdictUnknown = "verdict_unknown"
  case verify
  case version
  case versionIs = "version_is"
  case whatIsIt = "what_is_it"
  case whereText = "where_text"
  case whereTitle = "where_title"
  case whichZone = "which_zone"
  case wholeCommunity = "whole_community"
  case whyNoRule = "why_no_rule"
  case whyNotRecognised = "why_not_recognised"
  case whyOutOfDate = "why_out_of_date"
  case whyUnknownHazard = "why_unknown_hazard"
  case whyUnknownZone = "why_unknown_zone"
  case widgetDescription = "widget_description"
  case widgetName = "widget_name"
  case widgetOpen = "widget_open"
  case zoneFound = "zone_found"
  case zoneMissed = "zone_missed"
}
